//! What a text can be.

/// What a text, or a part of one, is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A JSON document, or JSON documents on a line each.
    Json,
    /// Lines that a program wrote as it went along.
    Log,
    /// What a test runner, a compiler or a build tool prints.
    TestOutput,
    /// Stack traces, perhaps with the log lines around them.
    Trace,
    /// Lines that are each a fact of their own, so that none stands for another: settings, variables of
    /// the environment, the state of a system.
    Facts,
    /// `path:line:text`, or a list of paths.
    Search,
    /// Rows under the same columns: `ls -l`, `ps`, `dpkg -l`.
    Table,
    /// A unified diff, or a patch.
    Diff,
    /// Source code.
    Code,
    /// What `contextos pack` renders.
    Pack,
    /// Markup for a browser.
    Html,
    /// Text for people: documentation, manual pages, Markdown.
    Prose,
    /// Anything else.
    Text,
}

impl Kind {
    /// The kind's name in reports, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Log => "log",
            Self::TestOutput => "test-output",
            Self::Trace => "trace",
            Self::Facts => "facts",
            Self::Search => "search",
            Self::Table => "table",
            Self::Diff => "diff",
            Self::Code => "code",
            Self::Pack => "pack",
            Self::Html => "html",
            Self::Prose => "prose",
            Self::Text => "text",
        }
    }
}
