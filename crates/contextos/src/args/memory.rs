//! The arguments of `contextos memory`.

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  contextos memory add \"tokens are refreshed by the gateway, not by the client\"
  contextos memory decision \"use SQLite for the queue\" --status proposed
  contextos memory list
  contextos memory compact

Notes are stored in .contextos/MEMORY.md, decisions in .contextos/DECISIONS.md. New entries are
appended; only compact changes existing ones.")]
pub(crate) struct MemoryArgs {
    #[command(subcommand)]
    pub(crate) command: MemoryCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MemoryCommand {
    /// Add a note
    #[command(visible_alias = "update")]
    Add {
        /// The note
        #[arg(required = true, value_name = "NOTE")]
        note: Vec<String>,
    },
    /// Record a decision
    Decision {
        /// What was decided
        #[arg(required = true, value_name = "TEXT")]
        text: Vec<String>,
        /// The status of the decision
        #[arg(short, long, value_enum, default_value_t)]
        status: DecisionStatus,
    },
    /// Show notes and decisions
    List {
        /// Notes only
        #[arg(long)]
        no_decisions: bool,
        /// Notes and decisions (the default)
        #[arg(long, hide = true, conflicts_with = "no_decisions")]
        decisions: bool,
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
    /// Merge duplicate notes, and move the oldest to an archive file
    Compact {
        /// The number of notes to keep
        #[arg(long, value_name = "N", default_value_t = 50)]
        keep: usize,
    },
}

/// The status of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum DecisionStatus {
    #[default]
    Accepted,
    Proposed,
    Superseded,
    Rejected,
}

impl DecisionStatus {
    /// The status as written in DECISIONS.md.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Proposed => "proposed",
            Self::Superseded => "superseded",
            Self::Rejected => "rejected",
        }
    }
}
