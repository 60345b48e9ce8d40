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
    /// What the user does to load the pack at `{path}`; a line of the pack, and of what is printed.
    load: &'static str,
}

impl Exporter {
    /// The line of the pack that says how it is loaded from `path`, where it is written.
    pub(crate) fn note(&self, path: &str) -> String {
        format!("For {}: {}", self.agent, self.load.replace("{path}", path))
    }
}

/// All of them, in the order in which `export all` writes them.
pub(crate) const ALL: &[Exporter] = &[
    // Imports by `@path`, in messages and in CLAUDE.md: Claude Code's documentation, "Memory".
    Exporter {
        name: "claude",
        agent: "Claude Code",
        file: "CLAUDE_CONTEXT.md",
        load: "write @{path} in a message, or as a line of CLAUDE.md.",
    },
    // A prompt as the argument: Codex's documentation, "Getting started".
    Exporter {
        name: "codex",
        agent: "Codex",
        file: "CODEX_CONTEXT.md",
        load: "run codex \"Read {path} first, then do the task in its title\".",
    },
    // Files by `@`: Cursor's documentation, "@ Symbols".
    Exporter {
        name: "cursor",
        agent: "Cursor",
        file: "CURSOR_CONTEXT.md",
        load: "write @{path} in the chat, or drag the file into it.",
    },
    // `--read` adds a file that is not to be edited: aider's documentation, "Options reference".
    Exporter {
        name: "aider",
        agent: "aider",
        file: "AIDER_CONTEXT.md",
        load: "run aider --read {path}",
    },
    // Imports by `@./path`: Gemini CLI's documentation, "Memory Import Processor". `@` in a message
    // passes over files that git ignores, as this one.
    Exporter {
        name: "gemini",
        agent: "Gemini CLI",
        file: "GEMINI_CONTEXT.md",
        load: "write @./{path} as a line of GEMINI.md.",
    },
    // `#file`: GitHub Copilot's documentation, "Chat cheat sheet".
    Exporter {
        name: "copilot",
        agent: "GitHub Copilot",
        file: "COPILOT_CONTEXT.md",
        load: "write #file:{path} in the chat, or drag the file into it.",
    },
    // Files by `@`: Windsurf's documentation, "Cascade".
    Exporter {
        name: "windsurf",
        agent: "Windsurf",
        file: "WINDSURF_CONTEXT.md",
        load: "write @{path} in Cascade, or drag the file into it.",
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
            let note = exporter.note(".contextos/x.md");
            assert_eq!(note.matches(".contextos/x.md").count(), 1, "{note}");
            assert!(!note.contains(['\n', '{', '}']), "{note}");
        }
    }
}
