//! Kind: the role of a file. Commits mostly change source, so tests, documentation and configuration have
//! a feature with a negative weight, unless the task asks for them.

use crate::corpus::FileKind;
use crate::model::Feature;
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

/// The feature that counts against a file of `kind`; `None` for source, and if the task asks for such
/// files.
pub(crate) fn against(task: &Task, kind: FileKind) -> Option<Feature> {
    let feature = match kind {
        FileKind::Source => return None,
        FileKind::Test => Feature::Test,
        FileKind::Docs => Feature::Docs,
        FileKind::Example => Feature::Example,
        FileKind::Config => Feature::Config,
        FileKind::Generated => Feature::Generated,
    };
    (!task.says(asked_by(kind))).then_some(feature)
}
