//! The agents that a pack can be exported for: one row each.
//!
//! The pack is the same for all of them; what differs is the file's name and the line that tells how
//! that agent loads it. To add an agent is to add a row.

/// An agent that a pack can be exported for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Exporter {
    /// As the command line names it.
    pub(crate) name: &'static str,
    /// As people call it.
    pub(crate) agent: &'static str,
    /// The file in `.contextos/`.
    pub(crate) file: &'static str,
    /// What the user does to load that file; a line of the pack, and of what `export` prints.
    pub(crate) load: &'static str,
}

impl Exporter {
    /// The line of the pack that says how it is loaded.
    pub(crate) fn note(&self) -> String {
        format!("For {}: {}", self.agent, self.load)
    }
}

/// All of them, in the order in which `export all` writes them.
pub(crate) const ALL: &[Exporter] = &[
    // Imports by `@path`, in messages and in CLAUDE.md: Claude Code's documentation, "Memory".
    Exporter {
        name: "claude",
        agent: "Claude Code",
        file: "CLAUDE_CONTEXT.md",
        load: "write @.contextos/CLAUDE_CONTEXT.md in a message, or as a line of CLAUDE.md.",
    },
    // A prompt as the argument: Codex's documentation, "Getting started".
    Exporter {
        name: "codex",
        agent: "Codex",
        file: "CODEX_CONTEXT.md",
        load: "run codex \"Read .contextos/CODEX_CONTEXT.md first, then do the task in its title\".",
    },
    // Files by `@`: Cursor's documentation, "@ Symbols".
    Exporter {
        name: "cursor",
        agent: "Cursor",
        file: "CURSOR_CONTEXT.md",
        load: "write @.contextos/CURSOR_CONTEXT.md in the chat, or drag the file into it.",
    },
    // `--read` adds a file that is not to be edited: aider's documentation, "Options reference".
    Exporter {
        name: "aider",
        agent: "aider",
        file: "AIDER_CONTEXT.md",
        load: "run aider --read .contextos/AIDER_CONTEXT.md",
    },
    // Imports by `@./path`: Gemini CLI's documentation, "Memory Import Processor". `@` in a message
    // passes over files that git ignores, as this one.
    Exporter {
        name: "gemini",
        agent: "Gemini CLI",
        file: "GEMINI_CONTEXT.md",
        load: "write @./.contextos/GEMINI_CONTEXT.md as a line of GEMINI.md.",
    },
    // `#file`: GitHub Copilot's documentation, "Chat cheat sheet".
    Exporter {
        name: "copilot",
        agent: "GitHub Copilot",
        file: "COPILOT_CONTEXT.md",
        load: "write #file:.contextos/COPILOT_CONTEXT.md in the chat, or drag the file into it.",
    },
    // Files by `@`: Windsurf's documentation, "Cascade".
    Exporter {
        name: "windsurf",
        agent: "Windsurf",
        file: "WINDSURF_CONTEXT.md",
        load: "write @.contextos/WINDSURF_CONTEXT.md in Cascade, or drag the file into it.",
    },
];

/// The exporter of that name, if there is one.
pub(crate) fn named(name: &str) -> Option<&'static Exporter> {
    ALL.iter().find(|exporter| exporter.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_names_its_own_file_and_fits_on_a_line() {
        for exporter in ALL {
            let file = format!("{}_CONTEXT.md", exporter.name.to_uppercase());
            assert_eq!(exporter.file, file);
            assert!(exporter.load.contains(&format!(".contextos/{file}")), "{}", exporter.name);
            assert!(!exporter.load.contains('\n'));
        }
    }
}
