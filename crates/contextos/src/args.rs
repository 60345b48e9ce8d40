//! The command line: the types that clap fills in. What they mean is resolved in `resolve.rs`.

mod eval;
mod hooks;
mod mcp;
mod memory;
mod pack;
mod repository;
mod serve;
mod suggested;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use eval::EvalArgs;
pub(crate) use hooks::{HooksAgentArgs, HooksArgs, HooksChangeArgs, HooksCommand};
pub(crate) use mcp::{McpAgentArgs, McpArgs, McpChangeArgs, McpCommand};
pub(crate) use memory::{MemoryArgs, MemoryCommand};
pub(crate) use pack::{
    ExplainArgs, ExportArgs, ExportTarget, PackArgs, PackFormat, PickArgs, WriteArgs,
};
pub(crate) use repository::{ChurnArgs, ScanArgs, SecretsArgs};
pub(crate) use serve::{ListedTools, ServeArgs};

const EXAMPLES: &str = "\
Examples:
  contextos pack . --task \"fix auth bug\" --budget 8000
  contextos pack fix auth bug | llm
  contextos pack --task - < issue.txt | llm
  contextos task \"make uploads resumable\" && contextos pack
  contextos export claude
  contextos explain src/auth/token.rs --task \"fix auth bug\"

Exit codes: 0 success, 1 failure, 2 wrong usage, 3 a check requested by a flag failed.";

/// Packs what matters in a repository for a task into a token budget.
#[derive(Debug, Parser)]
#[command(name = "contextos", version, propagate_version = false, after_help = EXAMPLES)]
#[command(infer_long_args = false, subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Cli {
    /// The command line of this process. Ends the process after `--help`, `--version` and errors.
    pub(crate) fn read() -> Self {
        let words: Vec<OsString> = std::env::args_os().collect();
        Self::from_words(&words).unwrap_or_else(|error| error.exit())
    }

    /// Reads a command line. An argument that is no known flag but begins with a dash and contains
    /// white space, like the task `--print0 fails`, is read as text, because no flag contains any.
    fn from_words(words: &[OsString]) -> Result<Self, clap::Error> {
        let error = match Self::try_parse_from(words) {
            Err(error) if error.kind() == ErrorKind::UnknownArgument => error,
            read => return read,
        };
        match with_text_escaped(words) {
            Some(words) => Self::try_parse_from(words).map_err(|_| error),
            None => Err(error),
        }
    }
}

/// The same arguments, with `--` before the first one that begins with a dash and contains white space,
/// so that clap takes it for text. Flags that follow it stay flags: then it is moved to the end. `None`
/// if there is no such argument, or a `--` already.
fn with_text_escaped(words: &[OsString]) -> Option<Vec<OsString>> {
    let is_text = |word: &OsString| {
        word.to_str()
            .is_some_and(|word| word.starts_with('-') && word.contains(char::is_whitespace))
    };
    let at = words.iter().position(is_text)?;
    if words.iter().any(|word| word == "--") {
        return None;
    }
    let flags_follow = words[at + 1..].iter().any(|word| word.as_encoded_bytes().starts_with(b"-"));
    let mut out = words.to_vec();
    if flags_follow {
        let text = out.remove(at);
        out.extend(["--".into(), text]);
    } else {
        out.insert(at, "--".into());
    }
    Some(out)
}

/// The options of every command.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The repository [default: the current folder]; a relative REPO is resolved from it
    #[arg(short = 'C', long = "repo", short_alias = 'r', global = true)]
    #[arg(value_name = "DIR", default_value = ".", hide_default_value = true)]
    pub(crate) base: PathBuf,
    /// Print results, warnings and errors only
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Print more details
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(crate) verbose: bool,
    /// When to use colours
    #[arg(long, global = true, value_enum, default_value_t, hide_possible_values = true)]
    #[arg(value_name = "auto|always|never", hide_default_value = true)]
    pub(crate) color: Color,
    /// Your own configuration, instead of ~/.config/contextos/config.toml
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

impl Global {
    /// The repository that a command works on: `named` relative to `--repo`, or `--repo` itself.
    pub(crate) fn repository(&self, named: Option<&Path>) -> PathBuf {
        match named {
            Some(named) if self.base == Path::new(".") => named.to_owned(),
            Some(named) => self.base.join(named),
            None => self.base.clone(),
        }
    }
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Pack what matters for a task into a token budget
    Pack(PackArgs),
    /// Write a pack for an agent, with a note on how it loads it
    Export(ExportArgs),
    /// Explain why a file or symbol is, or isn't, in the pack
    Explain(ExplainArgs),
    /// Set, show or clear the current task
    Task(TaskArgs),
    /// Keep notes and decisions
    Memory(MemoryArgs),
    /// Read the repository and write file summaries, an import graph and an index
    Scan(ScanArgs),
    /// List the credentials in the repository, without showing them
    Secrets(SecretsArgs),
    /// List the files that change most
    Churn(ChurnArgs),
    /// Measure packs on the repository's own last commits
    Eval(EvalArgs),
    /// Serve agents as an MCP server
    Serve(ServeArgs),
    /// Create .contextos/ and contextos.toml
    Init(InitArgs),
    /// Add the MCP server to the configuration of agents, or remove it
    Mcp(McpArgs),
    /// Add a pack to the first prompt of an agent's session, by a hook
    Hooks(HooksArgs),
    /// Check the set-up
    Doctor(DoctorArgs),
    /// Show the configuration and where each value comes from
    Config(ConfigArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// Print a manual page
    Man(ManArgs),
}

/// `contextos init`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  contextos init
  contextos init ../service --force

Existing files are kept; --force overwrites them.")]
pub(crate) struct InitArgs {
    /// The folder [default: the current one]
    #[arg(value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Overwrite files that exist
    #[arg(short, long)]
    pub(crate) force: bool,
}

/// `contextos task`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  contextos task \"fix the auth bug\"
  contextos task set - < issue.txt
  contextos task --status Blocked
  contextos task \"--print0 drops the last byte\"
  contextos task show
  contextos task clear

The task is stored in .contextos/CURRENT_TASK.md, where pack, export and explain read it.")]
pub(crate) struct TaskArgs {
    /// The task, or one of the words set, show and clear [default: show]
    #[arg(value_name = "WORDS")]
    pub(crate) words: Vec<String>,
    /// The status of the task, or of the one that is set [default: In Progress]
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) status: Option<String>,
    /// Show the task as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `contextos doctor`
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  contextos doctor

With --check, the exit code is 3 if something needs attention.")]
pub(crate) struct DoctorArgs {
    /// Fail with exit code 3 if something needs attention
    #[arg(long)]
    pub(crate) check: bool,
    /// Print the checks as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `contextos config`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  contextos config show
  contextos config show --json | jq '.settings[] | select(.origin != \"default\")'")]
pub(crate) struct ConfigArgs {
    #[command(subcommand)]
    pub(crate) command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Print every setting, its value, and the file it comes from
    Show {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

/// `contextos completions`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  contextos completions bash > ~/.local/share/bash-completion/completions/contextos
  contextos completions fish > ~/.config/fish/completions/contextos.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// `contextos man`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  contextos man | man -l -
  contextos man pack > contextos-pack.1
  contextos man mcp install | man -l -
  contextos man --all ~/.local/share/man/man1")]
pub(crate) struct ManArgs {
    /// The command, and one of its own commands [default: the page of contextos itself]
    pub(crate) command: Vec<String>,
    /// Write the pages of all commands into a folder
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    pub(crate) all: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_shows_examples() {
        for command in Cli::command().get_subcommands() {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.starts_with("Example"), "{} has none", command.get_name());
        }
    }

    fn read(line: &[&str]) -> Result<Cli, clap::Error> {
        let words: Vec<OsString> = ["contextos"].iter().chain(line).map(OsString::from).collect();
        Cli::from_words(&words)
    }

    #[test]
    fn a_task_may_begin_with_a_dash() {
        let task = "--print0 and --exec does not include null byte";
        for line in [
            &["pack", ".", "--task", task][..],
            &["pack", "-t", task, "-b", "8k"],
            &["pack", "--task=--print0"],
            &["pack", "--task", "--print0"],
            &["pack", "-t", "-0 is read as a budget"],
            &["pack", "-t", "-v and -q together"],
            &["explain", "src/walk.rs", "--task", task],
            &["export", "claude", "--task", task],
        ] {
            assert!(read(line).is_ok(), "{line:?}");
        }
        let words = |line: &[&str]| match read(line).map(|cli| cli.command) {
            Ok(Command::Task(args)) => args.words,
            Ok(Command::Pack(args)) => args.words,
            other => panic!("{line:?}: {other:?}"),
        };
        assert_eq!(words(&["task", task]), [task]);
        assert_eq!(words(&["task", "set", task]), ["set", task]);
        assert_eq!(words(&["task", task, "and", "more"]), [task, "and", "more"]);
        assert_eq!(words(&["task", task, "--status", "Blocked"]), [task]);
        assert_eq!(words(&["pack", ".", "-0 drops a byte", "-b", "4000"]), ["-0 drops a byte"]);
        assert_eq!(words(&["pack", ".", "--", task]), [task]);
    }

    #[test]
    fn a_forgotten_task_and_an_unknown_flag_are_errors() {
        for line in [
            &["pack", "--task", "--budget", "4000"][..],
            &["pack", "--task", "-q"],
            &["pack", "--task", "--out=x.md"],
            &["pack", "--task"],
            &["pack", "--budgte", "1"],
            &["task", "--print0"],
        ] {
            assert!(read(line).is_err(), "{line:?}");
        }
        let error = read(&["pack", "-t", "--budget", "4000"]).unwrap_err().to_string();
        assert!(error.contains("`--budget` is a flag"), "{error}");
    }

    #[test]
    fn a_named_repository_counts_from_the_global_one() {
        let repository = |line: &[&str]| {
            let cli = Cli::try_parse_from(line).unwrap();
            let Command::Scan(args) = cli.command else { panic!() };
            cli.global.repository(args.repo.as_deref())
        };
        assert_eq!(repository(&["contextos", "scan"]), Path::new("."));
        assert_eq!(repository(&["contextos", "scan", "a"]), Path::new("a"));
        assert_eq!(repository(&["contextos", "scan", "-C", "a"]), Path::new("a"));
        assert_eq!(repository(&["contextos", "-C", "a", "scan", "b"]), Path::new("a/b"));
        assert_eq!(repository(&["contextos", "scan", "-r", "a"]), Path::new("a"));
    }
}
