//! The agents that a pack can be exported for: those whose file in `agent-config` says how they load one.
//!
//! The pack is the same for all of them; what differs is the file's name and the line that tells how
//! that agent loads it.

use std::sync::LazyLock;

use agent_config::agent;

/// An agent that a pack can be exported for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Exporter {
    /// Its name on the command line.
    pub(crate) name: &'static str,
    /// The agent's display name.
    pub(crate) agent: &'static str,
    /// The name of the pack's file in `.contextos/`.
    pub(crate) file: String,
    /// How the user loads the pack at `{path}`. Printed, and a line of the pack.
    load: &'static str,
}

impl Exporter {
    /// The line that says how the agent loads the pack from `path`.
    pub(crate) fn note(&self, path: &str) -> String {
        format!("For {}: {}", self.agent, self.load.replace("{path}", path))
    }
}

static ALL: LazyLock<Vec<Exporter>> = LazyLock::new(|| {
    let exporter = |agent: &'static agent::Agent| {
        let load = &agent.export.as_ref()?.load;
        let file = format!("{}_CONTEXT.md", agent.id.to_uppercase());
        Some(Exporter { name: &agent.id, agent: &agent.name, file, load })
    };
    agent::all().iter().filter_map(exporter).collect()
});

/// All of them, in the order in which `export all` writes them.
pub(crate) fn all() -> &'static [Exporter] {
    &ALL
}

/// The names of all, for help texts.
pub(crate) fn names() -> String {
    ALL.iter().map(|exporter| exporter.name).collect::<Vec<_>>().join(", ")
}

/// The exporter of that name, if there is one.
pub(crate) fn named(name: &str) -> Option<&'static Exporter> {
    ALL.iter().find(|exporter| exporter.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_note_names_the_pack_and_fits_on_a_line() {
        assert!(named("claude").is_some_and(|claude| claude.file == "CLAUDE_CONTEXT.md"));
        for exporter in all() {
            let note = exporter.note(".contextos/x.md");
            assert_eq!(note.matches(".contextos/x.md").count(), 1, "{note}");
            assert!(!note.contains(['\n', '{', '}']), "{note}");
        }
    }
}
