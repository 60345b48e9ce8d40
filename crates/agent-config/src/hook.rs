//! A hook: a command that an agent runs at an event, and whose answer it follows. Put into the agent's
//! settings and taken out again like a server's entry, beside whatever hooks are there.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::agent::{Agent, HookConfig, HooksConfig, by_id, ids};
use crate::command::{Options, Report, Status, carry_out_for};
use crate::edit::{Entry, Format, Slot};
use crate::entry::{ConfigEntry, EntryError};
use crate::machine::Machine;
use crate::plugin::Plugin;

/// Precedes the agent's id at the end of a hook's line, where its answers aren't those of Claude Code.
const AGENT_OPTION: &str = " --agent ";

/// What a hook of ours is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// A tool has run: its result may be replaced.
    Result,
    /// A shell command is about to run: it may be rewritten.
    Command,
    /// The user has sent a prompt: something may be added.
    Prompt,
}

impl Event {
    /// How the line of the hook ends, whatever the program's folder and however it is quoted.
    pub fn arguments(self) -> &'static str {
        match self {
            Self::Result => "hooks post-tool-use",
            Self::Command => "hooks pre-tool-use",
            Self::Prompt => "hooks user-prompt-submit",
        }
    }

    /// The program that the hook runs.
    fn program(self) -> &'static str {
        match self {
            Self::Result | Self::Command => "headroom",
            Self::Prompt => "contextos",
        }
    }

    /// Whose backup of the settings it is: each hook has its own, so that they come and go in any order.
    fn owner(self) -> &'static str {
        match self {
            Self::Result => "headroom-results",
            Self::Command => "headroom",
            Self::Prompt => "contextos",
        }
    }

    /// What the hook does, after the agent's name.
    fn what(self) -> &'static str {
        match self {
            Self::Result => "the hook for results",
            Self::Command => "the hook for commands",
            Self::Prompt => "the hook for prompts",
        }
    }

    /// Whether an element of an array of hooks is this one, from whichever folder.
    fn test(self) -> fn(&Value) -> bool {
        match self {
            Self::Result => |element| Self::Result.is_ours(element),
            Self::Command => |element| Self::Command.is_ours(element),
            Self::Prompt => |element| Self::Prompt.is_ours(element),
        }
    }

    fn is_ours(self, element: &Value) -> bool {
        let inner = element["hooks"].as_array().map(Vec::as_slice).unwrap_or_default();
        let mut lines = inner.iter().chain([element]).filter_map(|hook| hook["command"].as_str());
        lines.any(|line| {
            let line = line.trim_end();
            let line = match line.rsplit_once(AGENT_OPTION) {
                Some((line, id)) if !id.contains(' ') => line,
                _ => line,
            };
            let Some(program) = line.strip_suffix(self.arguments()) else { return false };
            let program = program.trim_end().trim_matches(['\'', '"']);
            program.trim_end_matches(".exe").ends_with(self.program())
        })
    }

    fn config(self, hooks: &HooksConfig) -> Option<&HookConfig> {
        match self {
            Self::Result => hooks.results.as_ref(),
            Self::Command => hooks.commands.as_ref(),
            Self::Prompt => hooks.prompts.as_ref(),
        }
    }

    /// The ids of the agents that have a hook for this event, or a plugin.
    pub fn agents(self) -> Vec<&'static str> {
        let has = |hooks: &HooksConfig| {
            self.config(hooks).is_some() || (self == Self::Result && hooks.plugin.is_some())
        };
        ids(|agent| agent.hooks.as_ref().is_some_and(has))
    }
}

/// Whose settings a hook is in.
#[derive(Clone, Copy)]
pub enum Scope<'s> {
    /// The user's own, on a machine.
    User(&'s Machine<'s>),
    /// Those of the project with this root, for everybody who works there.
    Project(&'s Path),
}

impl Scope<'_> {
    /// The root of the project.
    pub(crate) fn project(self) -> Option<PathBuf> {
        match self {
            Self::User(_) => None,
            Self::Project(root) => Some(root.to_owned()),
        }
    }
}

/// A hook of ours and one agent.
#[derive(Debug)]
pub struct Hook(Form);

#[derive(Debug)]
enum Form {
    Entry(SettingsHook),
    Plugin(Plugin),
}

/// A hook that is an entry in an agent's settings.
#[derive(Debug)]
struct SettingsHook {
    agent: &'static Agent,
    event: Event,
    place: &'static HookConfig,
    file: PathBuf,
    is_there: bool,
    project: Option<PathBuf>,
    entry: Value,
}

/// Why an agent has no place for a hook.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoHook {
    /// It takes no hook for this event, or is no agent.
    #[error("{} can't be installed for an agent `{id}`; the supported agents are: {}", event.what(), event.agents().join(", "))]
    Agent {
        /// The name.
        id: String,
        /// The event.
        event: Event,
    },
    /// It reads no hooks in a project.
    #[error("{0} reads no hooks in a project")]
    Project(String),
}

impl Hook {
    /// The hook for `event` of the agent called `id`, by which it would run the program at `program`.
    ///
    /// # Errors
    /// If no agent of that name takes such hooks, or it reads none in a project.
    pub fn of(id: &str, event: Event, scope: Scope<'_>, program: &str) -> Result<Self, NoHook> {
        let no_agent = || NoHook::Agent { id: id.to_owned(), event };
        let agent = by_id(id).ok_or_else(no_agent)?;
        let hooks = agent.hooks.as_ref().ok_or_else(no_agent)?;
        let no_project = || NoHook::Project(agent.name.clone());
        if let (Event::Result, Some(config)) = (event, &hooks.plugin) {
            let words = event.arguments().split(' ').chain(AGENT_OPTION.trim().split(' '));
            let argv: Vec<&str> = [program].into_iter().chain(words).chain([id]).collect();
            let plugin = Plugin::of(agent, config, scope, &argv).ok_or_else(no_project)?;
            return Ok(Self(Form::Plugin(plugin)));
        }
        let place = event.config(hooks).ok_or_else(no_agent)?;
        let (file, is_there) = match scope {
            Scope::User(machine) => {
                let file = hooks.file(machine).ok_or_else(no_agent)?;
                let is_there = hooks.is_found(machine, &file);
                (file, is_there)
            }
            Scope::Project(root) => {
                let file = hooks.project_file.as_ref().ok_or_else(no_project)?;
                (root.join(file), true)
            }
        };
        let entry = place.entry(&format!("{} {}", quoted(program), event.arguments()));
        let project = scope.project();
        let hook = SettingsHook { agent, event, place, file, is_there, project, entry };
        Ok(Self(Form::Entry(hook)))
    }

    /// Puts it in, in place of one that an earlier version has put in.
    pub fn install(&self, options: Options) -> Report {
        match &self.0 {
            Form::Entry(hook) => hook.install(options),
            Form::Plugin(plugin) => plugin.install(options),
        }
    }

    /// Takes it out.
    pub fn uninstall(&self, options: Options) -> Report {
        match &self.0 {
            Form::Entry(hook) => hook.uninstall(options),
            Form::Plugin(plugin) => plugin.uninstall(options),
        }
    }

    /// Says whether it is there.
    pub fn status(&self) -> Report {
        match &self.0 {
            Form::Entry(hook) => hook.status(),
            Form::Plugin(plugin) => plugin.status(),
        }
    }

    /// Whether it is there, in whichever version.
    pub fn is_installed(&self) -> bool {
        match &self.0 {
            Form::Entry(hook) => hook.is_installed(),
            Form::Plugin(plugin) => plugin.is_installed(),
        }
    }
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+:\\".contains(c);
    match word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

impl SettingsHook {
    /// Puts it in, in place of one that an earlier version has put in.
    fn install(&self, options: Options) -> Report {
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
    fn uninstall(&self, options: Options) -> Report {
        self.report(|config| match config.take()? {
            Some(change) => {
                Ok(carry_out_for(&self.agent.name, &change, options, self.at("removed from")))
            }
            None => Ok(self.done("not installed in")),
        })
    }

    /// Says whether it is there.
    fn status(&self) -> Report {
        self.report(|config| {
            Ok(self.done(match config.find()? {
                Some(found) if found == self.entry => "installed in",
                Some(_) => "installed by another version (install renews it) in",
                None => "not installed in",
            }))
        })
    }

    /// Whether it is there, in whichever version.
    fn is_installed(&self) -> bool {
        self.is_there && self.with_config(|config| config.find()).is_ok_and(|found| found.is_some())
    }

    fn report(&self, act: impl FnOnce(&ConfigEntry<'_>) -> Result<Report, EntryError>) -> Report {
        let report = |status, what| Report::of(&self.agent.name, status, what);
        if !self.is_there {
            return report(Status::Skipped, "not found on this machine, skipped".to_owned());
        }
        self.with_config(act).unwrap_or_else(|error| report(Status::Failed, error.to_string()))
    }

    fn with_config<T>(&self, act: impl FnOnce(&ConfigEntry<'_>) -> T) -> T {
        let path = self.place.path.iter().map(String::as_str).collect();
        act(&ConfigEntry {
            file: &self.file,
            format: Format::Jsonc,
            slot: Slot { path, entry: Entry::Element(self.event.test()) },
            owner: self.event.owner(),
            is_ours: &|element| self.event.is_ours(element),
            project: self.project.as_deref(),
        })
    }

    fn done(&self, what: &str) -> Report {
        Report::of(&self.agent.name, Status::Done, self.at(what))
    }

    fn at(&self, what: &str) -> String {
        format!("{} {what} {}", self.event.what(), self.file.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::fs;

    /// Settings in a home of their own, and the hook for commands in them.
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
        at_event(home, Event::Command, program)
    }

    fn at_event(home: &tempfile::TempDir, event: Event, program: &str) -> Hook {
        let machine = Machine { home: home.path().to_owned(), variable: &|_| None };
        Hook::of("claude", event, Scope::User(&machine), program).unwrap()
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
            assert!(
                hook.status().line.starts_with("Claude Code: the hook for commands installed in")
            );
            assert!(hook.install(Options::default()).line.contains("installed already in"));
            assert_eq!(fs::read_to_string(&file).unwrap(), installed);
            assert_eq!(hook.uninstall(Options::default()).status, Status::Done);
            assert_eq!(fs::read_to_string(&file).ok().as_deref(), text);
            assert!(
                hook.status()
                    .line
                    .starts_with("Claude Code: the hook for commands not installed in")
            );
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
        let moved = of(&home, "/usr/my bin/headroom");
        assert!(moved.status().line.contains("another version"));
        assert!(moved.install(Options::default()).line.contains("renewed in"));
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains("/opt/headroom") && text.contains("/usr/my bin/headroom"));
        moved.uninstall(Options::default());
        assert_eq!(fs::read_to_string(&file).unwrap(), MINE);
        let element = |line: &str| json!({"hooks": [{"type": "command", "command": line}]});
        let is_ours = |element: &Value| Event::Command.is_ours(element);
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
        let machine = Machine { home: "/".into(), variable: &|_| None };
        let hook = |id| Hook::of(id, Event::Command, Scope::User(&machine), "x");
        assert!(hook("aider").unwrap_err().to_string().contains("supported agents are: claude"));
    }

    #[test]
    fn hooks_for_several_events_come_and_go_in_any_order() {
        let events = [Event::Result, Event::Command, Event::Prompt];
        for (first, second) in [(0, 1), (1, 0), (0, 2), (2, 1)] {
            let (home, file, _) = hook(Some(MINE));
            let hooks = [first, second].map(|at: usize| {
                let program = format!("/opt/{}", events[at].program());
                at_event(&home, events[at], &program)
            });
            for hook in &hooks {
                assert_eq!(hook.install(Options::default()).status, Status::Done);
            }
            assert!(hooks.iter().all(Hook::is_installed));
            for hook in &hooks {
                assert_eq!(hook.uninstall(Options::default()).status, Status::Done);
            }
            assert_eq!(fs::read_to_string(&file).unwrap(), MINE, "{first} {second}");
            assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
        }
    }

    #[test]
    fn in_a_project_the_file_is_made_with_its_folder_and_no_backup() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join(".claude/settings.json");
        let hook =
            Hook::of("claude", Event::Result, Scope::Project(root.path()), "headroom").unwrap();
        assert_eq!(hook.install(Options::default()).status, Status::Done);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains("\"headroom hooks post-tool-use\""), "{text}");
        hook.uninstall(Options::default());
        assert!(!file.exists());
        fs::write(&file, MINE).unwrap();
        hook.install(Options::default());
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
        hook.uninstall(Options::default());
        assert_eq!(fs::read_to_string(&file).unwrap(), MINE);
    }

    #[cfg(unix)]
    #[test]
    fn in_a_project_no_link_that_leads_out_of_it_is_followed() {
        use std::os::unix::fs::symlink;
        for (agent, link, file) in [
            ("claude", ".claude/settings.json", ""),
            ("claude", ".claude", "settings.json"),
            ("opencode", ".opencode/plugins", "headroom.js"),
            ("opencode", ".opencode", "plugins/headroom.js"),
            ("copilot", ".github/hooks", "headroom.json"),
        ] {
            for exists in [false, true] {
                let home = tempfile::tempdir().unwrap();
                let (root, outside) = (home.path().join("repo"), home.path().join("outside"));
                fs::create_dir_all(root.join(link).parent().unwrap()).unwrap();
                let theirs = outside.join(file);
                if exists {
                    fs::create_dir_all(theirs.parent().unwrap()).unwrap();
                    fs::write(theirs.components().as_path(), "{}").unwrap();
                }
                symlink(&outside, root.join(link)).unwrap();
                let hook =
                    Hook::of(agent, Event::Result, Scope::Project(&root), "headroom").unwrap();
                let options = Options::default();
                for report in [hook.install(options), hook.status(), hook.uninstall(options)] {
                    assert_eq!(report.status, Status::Failed, "{link}: {report:?}");
                    assert!(report.line.contains("is a link to"), "{report:?}");
                    assert!(report.line.contains(link), "{report:?}");
                }
                assert!(!hook.is_installed());
                let left = fs::read_to_string(theirs.components().as_path()).ok();
                assert_eq!(left.as_deref(), exists.then_some("{}"), "{link}");
                assert_eq!(outside.exists(), exists, "{link}");
            }
        }
        // Links within the project stay what they are.
        let home = tempfile::tempdir().unwrap();
        symlink("shared", home.path().join(".claude")).unwrap();
        let hook = Hook::of("claude", Event::Result, Scope::Project(home.path()), "headroom");
        assert_eq!(hook.unwrap().install(Options::default()).status, Status::Done);
        assert!(home.path().join("shared/settings.json").is_file());
    }

    #[test]
    fn a_line_may_name_the_agent() {
        let element = |line: &str| json!({"matcher": "x", "hooks": [{"command": line}]});
        let is_ours = |element: &Value| Event::Result.is_ours(element);
        assert!(is_ours(&element("headroom hooks post-tool-use")));
        assert!(is_ours(&element("'/x y/headroom' hooks post-tool-use --agent gemini")));
        assert!(is_ours(&json!({"command": "headroom hooks post-tool-use --agent cursor"})));
        assert!(!is_ours(&element("headroom hooks pre-tool-use")));
        assert!(!is_ours(&element("headroom hooks post-tool-use --agent a b")));
        assert!(!is_ours(&element("contextos hooks post-tool-use")));
    }
}
