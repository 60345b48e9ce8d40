//! A hook: a command that an agent runs before each of its shell commands, and whose answer it
//! follows. Put into the agent's settings and taken out again like a server's entry, beside whatever
//! hooks are there.

use std::path::PathBuf;

use serde_json::Value;

use crate::agent::{Agent, HookConfig, by_id, ids};
use crate::command::{Options, Report, Status, carry_out_for};
use crate::edit::{Entry, Format, Slot};
use crate::entry::{ConfigEntry, EntryError};
use crate::machine::Machine;

/// How the line of our hook ends, whatever the program's folder and however it is quoted.
pub const ARGUMENTS: &str = "hooks pre-tool-use";
/// The program, and the owner of the backup beside the settings.
const OWNER: &str = "headroom";

/// Our hook and one agent.
#[derive(Debug)]
pub struct Hook {
    agent: &'static Agent,
    place: &'static HookConfig,
    file: PathBuf,
    is_there: bool,
    entry: Value,
}

/// An agent that takes no hooks, or a name that no agent has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("hooks can't be installed for an agent `{0}`; the supported agents are: {known}", known = known())]
pub struct NoHooks(String);

fn known() -> String {
    ids(|agent| agent.hook.is_some()).join(", ")
}

impl Hook {
    /// The hook of the agent called `id` on `machine`, by which it would run `program`, a word as a
    /// shell reads it.
    ///
    /// # Errors
    /// If no agent of that name takes hooks.
    pub fn of(id: &str, machine: &Machine<'_>, program: &str) -> Result<Self, NoHooks> {
        let agent = by_id(id).ok_or_else(|| NoHooks(id.to_owned()))?;
        let place = agent.hook.as_ref().ok_or_else(|| NoHooks(id.to_owned()))?;
        let file = place.file(machine);
        let is_there = file.parent().is_some_and(std::path::Path::is_dir);
        let entry = place.entry(&format!("{program} {ARGUMENTS}"));
        Ok(Self { agent, place, file, is_there, entry })
    }

    /// Puts it in, in place of one that an earlier version has put in.
    pub fn install(&self, options: Options) -> Report {
        self.report(|config| match config.find()? {
            Some(found) if found == self.entry => Ok(self.done("installed already in")),
            found => {
                let done = if found.is_some() { "renewed in" } else { "added to" };
                let change = config.put(&self.entry)?;
                Ok(carry_out_for(&self.agent.name, &change, options, self.at(done)))
            }
        })
    }

    /// Takes it out.
    pub fn uninstall(&self, options: Options) -> Report {
        self.report(|config| match config.take()? {
            Some(change) => {
                Ok(carry_out_for(&self.agent.name, &change, options, self.at("removed from")))
            }
            None => Ok(self.done("not installed in")),
        })
    }

    /// Says whether it is there.
    pub fn status(&self) -> Report {
        self.report(|config| {
            Ok(self.done(match config.find()? {
                Some(found) if found == self.entry => "installed in",
                Some(_) => "installed by another version (install renews it) in",
                None => "not installed in",
            }))
        })
    }

    fn report(&self, act: impl FnOnce(&ConfigEntry<'_>) -> Result<Report, EntryError>) -> Report {
        let report = |status, what| Report::of(&self.agent.name, status, what);
        if !self.is_there {
            return report(Status::Skipped, "not found on this machine, skipped".to_owned());
        }
        let path = self.place.path.iter().map(String::as_str).collect();
        let config = ConfigEntry {
            file: &self.file,
            format: Format::Jsonc,
            slot: Slot { path, entry: Entry::Element(is_ours) },
            owner: OWNER,
            is_ours: &is_ours,
        };
        act(&config).unwrap_or_else(|error| report(Status::Failed, error.to_string()))
    }

    fn done(&self, what: &str) -> Report {
        Report::of(&self.agent.name, Status::Done, self.at(what))
    }

    fn at(&self, what: &str) -> String {
        format!("{what} {}", self.file.display())
    }
}

/// Whether an element of the array is ours: it runs our program with our arguments, from wherever.
fn is_ours(element: &Value) -> bool {
    let hooks = element["hooks"].as_array().map(Vec::as_slice).unwrap_or_default();
    let lines = hooks.iter().filter_map(|hook| hook["command"].as_str());
    let mut programs = lines.filter_map(|line| line.trim_end().strip_suffix(ARGUMENTS));
    programs.any(|program| {
        let program = program.trim_end().trim_matches(['\'', '"']);
        program.trim_end_matches(".exe").ends_with(OWNER)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::fs;

    /// Settings in a home of their own, and the hook for them.
    fn hook(settings: Option<&str>) -> (tempfile::TempDir, PathBuf, Hook) {
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join(".claude/settings.json");
        fs::create_dir(home.path().join(".claude")).unwrap();
        if let Some(settings) = settings {
            fs::write(&file, settings).unwrap();
        }
        let hook = of(&home, "/opt/headroom");
        (home, file, hook)
    }

    fn of(home: &tempfile::TempDir, program: &str) -> Hook {
        let machine = Machine { home: home.path().to_owned(), variable: &|_| None };
        Hook::of("claude", &machine, program).unwrap()
    }

    const MINE: &str = r#"{
  // what I like
  "model": "opus",
  "hooks": {
    "PreToolUse": [
      {"matcher": "Edit", "hooks": [{"type": "command", "command": "fmt"}]}, // keep
    ],
    "Stop": []
  }
}
"#;

    #[test]
    fn it_goes_in_beside_others_and_out_again() {
        let texts = [
            None,
            Some(""),
            Some("{}"),
            Some("{\"hooks\": {}}"),
            Some("{\n\t\"hooks\": {\"PreToolUse\": []}\n}"),
            Some(MINE),
        ];
        for text in texts {
            let (_home, file, hook) = hook(text);
            let report = hook.install(Options::default());
            assert_eq!(report.status, Status::Done, "{report:?}");
            let installed = fs::read_to_string(&file).unwrap();
            assert!(installed.contains("/opt/headroom hooks pre-tool-use"));
            assert!(hook.status().line.starts_with("Claude Code: installed in"));
            assert!(hook.install(Options::default()).line.contains("installed already in"));
            assert_eq!(fs::read_to_string(&file).unwrap(), installed);
            assert_eq!(hook.uninstall(Options::default()).status, Status::Done);
            assert_eq!(fs::read_to_string(&file).ok().as_deref(), text);
            assert!(hook.status().line.starts_with("Claude Code: not installed in"));
            let left: Vec<_> = fs::read_dir(file.parent().unwrap()).unwrap().collect();
            assert_eq!(left.len(), usize::from(text.is_some()));
        }
    }

    #[test]
    fn what_was_changed_meanwhile_stays() {
        let (_home, file, hook) = hook(Some(MINE));
        hook.install(Options::default());
        let installed = fs::read_to_string(&file).unwrap();
        fs::write(&file, installed.replace("opus", "sonnet")).unwrap();
        hook.uninstall(Options::default());
        assert_eq!(fs::read_to_string(&file).unwrap(), MINE.replace("opus", "sonnet"));
    }

    #[test]
    fn another_version_is_renewed_and_others_hooks_are_not_ours() {
        let (home, file, hook) = hook(Some(MINE));
        hook.install(Options::default());
        let moved = of(&home, "'/usr/my bin/headroom'");
        assert!(moved.status().line.contains("another version"));
        assert!(moved.install(Options::default()).line.contains("renewed in"));
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains("/opt/headroom") && text.contains("/usr/my bin/headroom"));
        moved.uninstall(Options::default());
        assert_eq!(fs::read_to_string(&file).unwrap(), MINE);
        let element = |line: &str| json!({"hooks": [{"type": "command", "command": line}]});
        assert!(is_ours(&element("C:\\bin\\headroom.exe hooks pre-tool-use")));
        assert!(!is_ours(&element("rtk hooks pre-tool-use")));
        assert!(!is_ours(&element("headroom hooks status")));
        assert!(!is_ours(&json!({})) && !is_ours(&json!(7)));
    }

    #[test]
    fn a_dry_run_shows_and_changes_nothing() {
        let (_home, file, hook) = hook(Some(MINE));
        let report = hook.install(Options { dry_run: true, ..Options::default() });
        assert!(report.diff.unwrap().contains("+"), "a diff");
        assert_eq!(fs::read_to_string(&file).unwrap(), MINE);
    }

    #[test]
    fn without_the_agent_nothing_is_done_and_broken_settings_stay() {
        let home = tempfile::tempdir().unwrap();
        assert_eq!(of(&home, "x").install(Options::default()).status, Status::Skipped);
        let (_home, file, hook) = hook(Some("{\"hooks\": 7}"));
        assert_eq!(hook.install(Options::default()).status, Status::Failed);
        assert_eq!(fs::read_to_string(&file).unwrap(), "{\"hooks\": 7}");
        assert!(
            Hook::of("cursor", &Machine { home: "/".into(), variable: &|_| None }, "x").is_err()
        );
    }
}
