//! The kinds of text that are distinguished.

/// What a text, or a chunk of one, is detected as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A JSON document, or JSON documents on a line each.
    Json,
    /// Log lines.
    Log,
    /// The output of a test runner, a compiler or a build tool.
    TestOutput,
    /// Stack traces, perhaps with the log lines around them.
    Trace,
    /// Lines that each state a fact of their own, so that none is representative of another:
    /// settings, environment variables, the state of a system.
    Facts,
    /// `path:line:text`, or a list of paths.
    Search,
    /// Rows under the same columns: `ls -l`, `ps`, `dpkg -l`.
    Table,
    /// A unified diff, or a patch.
    Diff,
    /// Source code.
    Code,
    /// A pack, as `contextos pack` renders it.
    Pack,
    /// HTML.
    Html,
    /// Text for people: documentation, manual pages, Markdown.
    Prose,
    /// Anything else.
    Text,
}

impl Kind {
    /// Its name in reports, in lower case.
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
