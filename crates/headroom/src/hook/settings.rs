//! The sources of the agent's rules, and which of them may allow something.
//!
//! Claude Code reads rules from the settings of the user, of the folder in which it was started and of an
//! administrator, and from its arguments. Rules that allow are read from these only. Rules that forbid or
//! ask are also read from every folder above the project and above the shell's current folder: a rule too
//! many only leaves a command unwrapped.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use agent_config::edit::{self, Entry, Format, Slot};
use agent_config::machine::Machine;
use serde_json::Value;

use super::invocation::Invocation;

/// The largest settings file that is read, in bytes. By hand.
const LARGEST: u64 = 1 << 20;
/// The largest file with the list of trusted folders, in bytes. By hand: the agent stores much else in it.
const LARGEST_NOTES: u64 = 64 << 20;
/// The folders of an administrator's `managed-settings.json` and `managed-settings.d`.
const MANAGED: [&str; 2] = ["/etc/claude-code", "/Library/Application Support/ClaudeCode"];
/// The folder of settings from a device manager on macOS. They aren't JSON.
const DEVICE_MANAGED: &str = "/Library/Managed Preferences";
const DEVICE_MANAGED_FILE: &str = "com.anthropic.claudecode.plist";
/// The file in the agent's folder with settings from its server.
const SERVER_MANAGED: &str = "remote-settings.json";
/// Variables with which settings could select other settings.
const LEADING: [&str; 3] = ["HOME", "CLAUDE_CONFIG_DIR", "CLAUDE_PROJECT_DIR"];

/// The rules can't be determined, so nothing is known about what may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unknown;

/// Rules as they are written, by their effect.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct RuleTexts {
    /// Those that allow, from the sources of the agent itself.
    pub(super) allowed: Vec<String>,
    /// Those that forbid or ask, from all folders.
    pub(super) restricted: Vec<String>,
}

/// The author of settings. `--setting-sources` can exclude those that it names; the others always count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    User,
    Project,
    Local,
    Arguments,
    Administrator,
    /// A folder from which the agent reads no settings.
    Elsewhere,
}

/// The folders of an agent.
#[derive(Debug)]
pub(super) struct Place<'a> {
    /// The folder in which it was started, as it tells its hooks.
    pub(super) project: Option<&'a Path>,
    /// The current folder of its shell.
    pub(super) cwd: Option<&'a Path>,
}

/// The rules that apply to the agent at `place`.
pub(super) fn rules_in_force(
    machine: &Machine<'_>,
    invocation: &Invocation,
    place: &Place<'_>,
) -> Result<RuleTexts, Unknown> {
    let agent = agent_config::agent::by_id("claude").ok_or(Unknown)?;
    let hooks = agent.hooks.as_ref().ok_or(Unknown)?;
    let user = hooks.file(machine).ok_or(Unknown)?;
    let mut reader = Reader::default();
    reader.read(Source::User, &user)?;
    reader.read(Source::Administrator, &user.with_file_name(SERVER_MANAGED))?;
    reader.read_managed(machine)?;
    if let Some(project) = place.project {
        let folder = project.join(".claude");
        reader.read(Source::Project, &folder.join("settings.json"))?;
        reader.read(Source::Local, &folder.join("settings.local.json"))?;
    }
    let mut elsewhere = BTreeSet::new();
    for folder in place.project.into_iter().chain(place.cwd) {
        elsewhere.extend(folder.ancestors().map(Path::to_owned));
        elsewhere.extend(main_checkout(folder)?);
    }
    elsewhere.iter().try_for_each(|folder| reader.read_elsewhere(folder))?;
    for given in &invocation.settings {
        reader.read_given(given)?;
    }
    let notes = agent.mcp.as_ref().ok_or(Unknown)?.file(machine);
    let trust = Trust { notes: &notes, project: place.project };
    let mut rules = reader.in_force(invocation, &trust);
    rules.allowed.extend_from_slice(&invocation.allowed);
    rules.restricted.extend_from_slice(&invocation.denied);
    rules.restricted.sort_unstable();
    rules.restricted.dedup();
    Ok(rules)
}

/// Collects the rules of one settings file after another.
#[derive(Debug, Default)]
struct Reader {
    found: Vec<(Source, RuleTexts)>,
    /// Whether only an administrator's rules may allow something.
    is_managed_alone: bool,
}

impl Reader {
    fn read(&mut self, source: Source, file: &Path) -> Result<(), Unknown> {
        match text_of(file, LARGEST)? {
            Some(text) => self.add(source, &text),
            None => Ok(()),
        }
    }

    fn read_elsewhere(&mut self, folder: &Path) -> Result<(), Unknown> {
        self.read(Source::Elsewhere, &folder.join(".claude/settings.json"))?;
        self.read(Source::Elsewhere, &folder.join(".claude/settings.local.json"))
    }

    fn read_managed(&mut self, machine: &Machine<'_>) -> Result<(), Unknown> {
        for folder in MANAGED.map(Path::new) {
            self.read(Source::Administrator, &folder.join("managed-settings.json"))?;
            let parts = match fs::read_dir(folder.join("managed-settings.d")) {
                Ok(parts) => parts,
                Err(error) if is_absent(&error) => continue,
                Err(_) => return Err(Unknown),
            };
            for part in parts {
                let file = part.map_err(|_| Unknown)?.path();
                if file.extension().is_some_and(|extension| extension == "json") {
                    self.read(Source::Administrator, &file)?;
                }
            }
        }
        let preferences = Path::new(DEVICE_MANAGED);
        let own = (machine.variable)("USER").map(|user| preferences.join(user));
        let mut folders = own.into_iter().chain([preferences.to_owned()]);
        match folders.any(|folder| folder.join(DEVICE_MANAGED_FILE).exists()) {
            true => Err(Unknown),
            false => Ok(()),
        }
    }

    /// Reads a value of `--settings`: JSON, or a file.
    fn read_given(&mut self, given: &str) -> Result<(), Unknown> {
        if given.trim_start().starts_with('{') {
            return self.add(Source::Arguments, given);
        }
        // It is unknown against which folder the agent resolves a relative path.
        let file = Path::new(given);
        let text = if file.is_absolute() { text_of(file, LARGEST)? } else { None };
        self.add(Source::Arguments, &text.ok_or(Unknown)?)
    }

    /// Adds the rules of the settings `text`.
    fn add(&mut self, source: Source, text: &str) -> Result<(), Unknown> {
        let text = text.trim_start_matches('\u{feff}');
        if text.trim().is_empty() {
            return Ok(());
        }
        let strict: Option<Value> = serde_json::from_str(text).ok();
        let member = |name| match &strict {
            Some(settings) => Ok(settings.get(name).cloned().unwrap_or_default()),
            None => member(text, name),
        };
        let permissions = member("permissions")?;
        let is_on = |value: &Value| *value != Value::Null && *value != false;
        // A sandbox, and a restriction of reading, depend on a command's words, which wrapping changes.
        let is_judged = is_on(&member("sandbox")?["enabled"])
            || is_on(&permissions["blockReadsOutsideWorkingDirectories"]);
        let leads_elsewhere =
            LEADING.iter().any(|name| matches!(member("env"), Ok(env) if env.get(name).is_some()));
        if is_judged || leads_elsewhere {
            return Err(Unknown);
        }
        if source == Source::Administrator && is_on(&member("allowManagedPermissionRulesOnly")?) {
            self.is_managed_alone = true;
        }
        let mut restricted = rules_of(&permissions, "deny")?;
        restricted.extend(rules_of(&permissions, "ask")?);
        // The agent ignores settings that aren't plain JSON. Rules in them that forbid are still respected.
        let allowed = match strict {
            Some(_) => rules_of(&permissions, "allow")?,
            None => Vec::new(),
        };
        self.found.push((source, RuleTexts { allowed, restricted }));
        Ok(())
    }

    fn in_force(self, invocation: &Invocation, trust: &Trust<'_>) -> RuleTexts {
        let mut rules = RuleTexts::default();
        for (source, found) in self.found {
            rules.restricted.extend(found.restricted);
            if found.allowed.is_empty()
                || (self.is_managed_alone && source != Source::Administrator)
            {
                continue;
            }
            let is_wanted = |name: &str| {
                invocation
                    .sources
                    .as_ref()
                    .is_none_or(|sources| sources.iter().any(|other| other == name))
            };
            let may_allow = match source {
                Source::User => is_wanted("user"),
                Source::Project => is_wanted("project") && trust.is_given(),
                Source::Local => is_wanted("local") && (trust.is_given() || trust.is_needless()),
                Source::Arguments | Source::Administrator => true,
                Source::Elsewhere => false,
            };
            if may_allow {
                rules.allowed.extend(found.allowed);
            }
        }
        rules
    }
}

/// Whether the user trusts a project. The settings of one that isn't trusted can't allow anything.
struct Trust<'a> {
    /// The file in which the agent records it.
    notes: &'a Path,
    project: Option<&'a Path>,
}

impl Trust<'_> {
    /// Whether the folder, or the root of its repository, is recorded as trusted.
    fn is_given(&self) -> bool {
        let Some(project) = self.project else { return false };
        let Ok(Some(text)) = text_of(self.notes, LARGEST_NOTES) else { return false };
        let Ok(notes) = serde_json::from_str::<Value>(&text) else { return false };
        let root = project.ancestors().find(|folder| folder.join(".git").exists());
        let mut folders = [Some(project), root].into_iter().flatten();
        folders.any(|folder| {
            notes["projects"][&*folder.to_string_lossy()]["hasTrustDialogAccepted"] == true
        })
    }

    /// Whether the local settings can't have come with the repository.
    fn is_needless(&self) -> bool {
        let Some(project) = self.project else { return false };
        let is_link =
            project.join(".claude").symlink_metadata().is_ok_and(|data| data.is_symlink());
        !is_link && !project.ancestors().any(|folder| folder.join(".git").exists())
    }
}

/// The main checkout of the worktree that contains `folder`: the agent reads rules from there.
fn main_checkout(folder: &Path) -> Result<Option<PathBuf>, Unknown> {
    let Some(root) = folder.ancestors().find(|above| above.join(".git").exists()) else {
        return Ok(None);
    };
    let link = root.join(".git");
    if link.is_dir() {
        return Ok(None);
    }
    let text = text_of(&link, LARGEST)?.ok_or(Unknown)?;
    let git = root.join(text.strip_prefix("gitdir:").ok_or(Unknown)?.trim());
    let common = match text_of(&git.join("commondir"), LARGEST)? {
        Some(common) => git.join(common.trim()),
        None => git,
    };
    let common = common.canonicalize().map_err(|_| Unknown)?;
    Ok(common.parent().map(Path::to_owned))
}

/// A member of settings in JSON with comments.
fn member(text: &str, name: &str) -> Result<Value, Unknown> {
    let slot = Slot { path: vec![], entry: Entry::Member(name) };
    edit::find(Format::Jsonc, text, &slot).map(Option::unwrap_or_default).map_err(|_| Unknown)
}

/// The rules in the list called `name`.
fn rules_of(permissions: &Value, name: &str) -> Result<Vec<String>, Unknown> {
    match permissions.get(name) {
        None => Ok(Vec::new()),
        Some(list) => {
            let rules = list.as_array().ok_or(Unknown)?.iter();
            rules.map(|rule| rule.as_str().map(str::to_owned).ok_or(Unknown)).collect()
        }
    }
}

/// The text of a regular file of at most `largest` bytes; `None` if it doesn't exist.
fn text_of(file: &Path, largest: u64) -> Result<Option<String>, Unknown> {
    match fs::metadata(file) {
        Ok(data) if data.is_file() && data.len() <= largest => {}
        Err(error) if is_absent(&error) => return Ok(None),
        // Reading a pipe would block until somebody writes to it.
        _ => return Err(Unknown),
    }
    let mut text = String::new();
    let open = fs::File::open(file).map_err(|_| Unknown)?;
    open.take(largest).read_to_string(&mut text).map_err(|_| Unknown)?;
    Ok(Some(text))
}

/// Whether an error means that the file doesn't exist; also if a part of its path isn't a folder.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A home, and a project in it.
    struct Site {
        home: tempfile::TempDir,
        invocation: Invocation,
    }

    impl Site {
        fn new() -> Self {
            let home = tempfile::tempdir().unwrap();
            fs::create_dir_all(home.path().join("p/dep/inner")).unwrap();
            Self { home, invocation: Invocation::default() }
        }

        fn write(&self, name: &str, text: &str) -> &Self {
            let file = self.home.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text.replace("HOME", &self.home.path().to_string_lossy())).unwrap();
            self
        }

        /// The rules for a shell whose current folder is `cwd`.
        fn rules(&self, cwd: &str) -> Result<RuleTexts, Unknown> {
            let home = self.home.path().to_owned();
            let machine = Machine { home: home.clone(), variable: &|_| None };
            let (project, cwd) = (home.join("p"), home.join(cwd));
            let place = Place { project: Some(&project), cwd: Some(&cwd) };
            rules_in_force(&machine, &self.invocation, &place)
        }

        fn allowed(&self) -> Vec<String> {
            self.rules("p").unwrap().allowed
        }
    }

    const ALLOW: &str = r#"{"permissions": {"allow": ["Bash(x)"]}}"#;
    const DENY: &str = r#"{"permissions": {"deny": ["Bash(x)"], "ask": ["Read(y)"]}}"#;

    #[test]
    fn rules_that_allow_count_only_from_where_the_agent_takes_them() {
        for elsewhere in ["p/dep/.claude/settings.json", "p/dep/inner/.claude/settings.local.json"]
        {
            let site = Site::new();
            site.write(elsewhere, ALLOW);
            assert_eq!(site.rules("p/dep/inner").unwrap(), RuleTexts::default(), "{elsewhere}");
        }
        let site = Site::new();
        assert_eq!(site.write(".claude/settings.json", ALLOW).allowed(), ["Bash(x)"]);
        let site = Site::new();
        assert_eq!(site.write("p/.claude/settings.local.json", ALLOW).allowed(), ["Bash(x)"]);
    }

    #[test]
    fn rules_that_forbid_or_ask_count_from_everywhere() {
        for file in [
            ".claude/settings.json",
            ".claude/remote-settings.json",
            "p/.claude/settings.json",
            "p/.claude/settings.local.json",
            "p/dep/.claude/settings.json",
            "p/dep/inner/.claude/settings.local.json",
        ] {
            let site = Site::new();
            let rules = site.write(file, DENY).rules("p/dep/inner").unwrap();
            assert!(rules.restricted.contains(&"Bash(x)".to_owned()), "{file}");
            assert!(rules.restricted.contains(&"Read(y)".to_owned()), "{file}");
        }
    }

    #[test]
    fn a_projects_rules_allow_when_it_is_trusted() {
        let site = Site::new();
        assert!(site.write("p/.claude/settings.json", ALLOW).allowed().is_empty());
        site.write(".claude.json", r#"{"projects": {"HOME": {"hasTrustDialogAccepted": true}}}"#);
        assert!(site.allowed().is_empty(), "that of a folder above doesn't count");
        site.write(".claude.json", r#"{"projects": {"HOME/p": {"hasTrustDialogAccepted": true}}}"#);
        assert_eq!(site.allowed(), ["Bash(x)"]);
        let site = Site::new();
        site.write("p/.claude/settings.local.json", ALLOW);
        fs::create_dir(site.home.path().join("p/.git")).unwrap();
        assert!(site.allowed().is_empty(), "it may have come with the repository");
    }

    #[test]
    fn arguments_bring_settings_and_choose_among_them() {
        let mut site = Site::new();
        site.write(".claude/settings.json", ALLOW).write("more.json", DENY);
        site.invocation.sources = Some(vec!["project".into()]);
        site.invocation.settings =
            vec![site.home.path().join("more.json").to_string_lossy().into()];
        site.invocation.denied = vec!["Edit".into()];
        let rules = site.rules("p").unwrap();
        assert!(rules.allowed.is_empty());
        assert_eq!(rules.restricted, ["Bash(x)", "Edit", "Read(y)"]);
        site.invocation.settings = vec![ALLOW.into()];
        site.invocation.allowed = vec!["Bash(z)".into()];
        assert_eq!(site.allowed(), ["Bash(x)", "Bash(z)"]);
        for unknown in ["more.json", "/nowhere/at/all.json", "{broken"] {
            site.invocation.settings = vec![unknown.into()];
            assert_eq!(site.rules("p"), Err(Unknown), "{unknown}");
        }
    }

    #[test]
    fn an_administrator_can_be_the_only_one_who_allows() {
        let site = Site::new();
        site.write(".claude/settings.json", ALLOW);
        site.write(".claude/remote-settings.json", r#"{"allowManagedPermissionRulesOnly": true}"#);
        assert!(site.allowed().is_empty());
    }

    #[test]
    fn rules_in_settings_with_comments_forbid_and_do_not_allow() {
        let site = Site::new();
        site.write(
            ".claude/settings.json",
            r#"{"permissions": {"allow": ["Bash"], "deny": ["Edit"]}, /* x */ }"#,
        );
        assert_eq!(
            site.rules("p").unwrap(),
            RuleTexts { allowed: vec![], restricted: vec!["Edit".into()] }
        );
        let site = Site::new();
        site.write(".claude/settings.json", &format!("\u{feff}{ALLOW}"));
        assert_eq!(site.allowed(), ["Bash(x)"]);
    }

    #[test]
    fn settings_that_cannot_be_understood_make_all_unknown() {
        for text in [
            "{broken",
            r#"{"permissions": {"deny": "Bash"}}"#,
            r#"{"permissions": {"deny": [7]}}"#,
            r#"{"sandbox": {"enabled": true}}"#,
            r#"{"permissions": {"blockReadsOutsideWorkingDirectories": true}}"#,
            r#"{"env": {"CLAUDE_CONFIG_DIR": "/evil"}}"#,
            "\u{0}",
        ] {
            let site = Site::new();
            assert_eq!(
                site.write("p/dep/.claude/settings.json", text).rules("p/dep"),
                Err(Unknown),
                "{text}"
            );
        }
        let site = Site::new();
        fs::create_dir_all(site.home.path().join("p/.claude/settings.json")).unwrap();
        assert_eq!(site.rules("p"), Err(Unknown), "a folder");
        let site = Site::new();
        site.write("p/.claude/settings.json", &" ".repeat(2 << 20));
        assert_eq!(site.rules("p"), Err(Unknown), "too large");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_in_place_of_settings_is_not_waited_for() {
        let site = Site::new();
        fs::create_dir_all(site.home.path().join("p/.claude")).unwrap();
        let pipe = site.home.path().join("p/.claude/settings.json");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        assert_eq!(site.rules("p"), Err(Unknown));
    }

    #[test]
    fn a_worktree_has_the_rules_of_its_main_checkout() {
        let site = Site::new();
        site.write("main/.git/worktrees/p/commondir", "../..\n");
        site.write("p/.git", "gitdir: HOME/main/.git/worktrees/p\n");
        site.write("main/.claude/settings.local.json", DENY);
        assert_eq!(site.rules("p").unwrap().restricted, ["Bash(x)", "Read(y)"]);
    }
}
