//! Kind: what part a file plays. Commits mostly change source, so other kinds start behind — unless
//! the task asks for them.

use crate::corpus::FileKind;
use crate::task::Task;

/// Stems with which a task asks for a kind of file.
fn asked_by(kind: FileKind) -> &'static [&'static str] {
    match kind {
        FileKind::Source => &[],
        FileKind::Test => &["test", "fixtur", "benchmark", "spec", "flaki"],
        FileKind::Docs => &["doc", "document", "readm", "changelog", "typo", "docstr"],
        FileKind::Example => &["exampl", "sampl", "demo", "tutori"],
        FileKind::Config => &[
            "ci",
            "workflow",
            "dockerfil",
            "docker",
            "config",
            "configur",
            "depend",
            "build",
            "packag",
            "lint",
            "makefil",
            "cmake",
            "yaml",
            "toml",
            "releas",
        ],
        FileKind::Generated => &["lockfil", "regener", "generat"],
    }
}

/// Whether `task` asks for files of `kind` by name.
pub(crate) fn asked_for(task: &Task, kind: FileKind) -> bool {
    task.says(asked_by(kind))
}
