//! A plugin of ours in an agent's own language: a whole file in the folder where the agent looks for
//! plugins, which hands results to a program. Written and taken away as a whole; a file that is not ours
//! stays.

use std::path::PathBuf;

use crate::agent::{Agent, PluginConfig};
use crate::command::{Options, Report, Status};
use crate::file::{self, FileError, Rewrite};
use crate::hook::Scope;

/// How a file of ours begins.
const MARK: &str = "// Written by `headroom hooks install`";

/// Our plugin for one agent.
#[derive(Debug)]
pub(crate) struct Plugin {
    agent: &'static Agent,
    file: PathBuf,
    project: Option<PathBuf>,
    is_there: bool,
    text: String,
}

impl Plugin {
    /// The plugin that runs `argv`; `None` if the agent reads no plugins in a project.
    pub(crate) fn of(
        agent: &'static Agent,
        config: &PluginConfig,
        scope: Scope<'_>,
        argv: &[&str],
    ) -> Option<Self> {
        let (file, is_there) = match scope {
            Scope::User(machine) => (config.file(machine), machine.path(&config.found_by).is_dir()),
            Scope::Project(root) => (root.join(config.project_file.as_ref()?), true),
        };
        let project = scope.project();
        Some(Self { agent, file, project, is_there, text: config.text(argv) })
    }

    /// Writes it, in place of one that an earlier version has written.
    pub(crate) fn install(&self, options: Options) -> Report {
        self.report(|found| match found {
            Some(text) if text == self.text => Ok(self.done("installed already in")),
            Some(text) if !text.starts_with(MARK) => Ok(self.kept()),
            found => {
                let done = if found.is_some() { "renewed in" } else { "added to" };
                self.carry_out(found, Some(self.text.clone()), options, done)
            }
        })
    }

    /// Takes it away.
    pub(crate) fn uninstall(&self, options: Options) -> Report {
        self.report(|found| match found {
            Some(text) if text.starts_with(MARK) => {
                self.carry_out(Some(text), None, options, "removed from")
            }
            Some(_) => Ok(self.kept()),
            None => Ok(self.done("not installed in")),
        })
    }

    /// Says whether it is there.
    pub(crate) fn status(&self) -> Report {
        self.report(|found| {
            Ok(match found {
                Some(text) if text == self.text => self.done("installed in"),
                Some(text) if text.starts_with(MARK) => {
                    self.done("installed by another version (install renews it) in")
                }
                Some(_) => self.kept(),
                None => self.done("not installed in"),
            })
        })
    }

    /// Whether it is there, in whichever version.
    pub(crate) fn is_installed(&self) -> bool {
        matches!(self.read(), Ok(Some(text)) if text.starts_with(MARK))
    }

    fn read(&self) -> Result<Option<String>, FileError> {
        file::read(&self.file, self.project.as_deref())
    }

    fn report(&self, act: impl FnOnce(Option<String>) -> Result<Report, FileError>) -> Report {
        let report = |status, what| Report::of(&self.agent.name, status, what);
        if !self.is_there {
            return report(Status::Skipped, "not found on this machine, skipped".to_owned());
        }
        self.read().and_then(act).unwrap_or_else(|error| report(Status::Failed, error.to_string()))
    }

    fn carry_out(
        &self,
        before: Option<String>,
        after: Option<String>,
        options: Options,
        done: &str,
    ) -> Result<Report, FileError> {
        let (path, like) = (self.file.clone(), self.file.clone());
        let rewrite = Rewrite { path, before, after, like, project: self.project.clone() };
        if options.dry_run {
            let report = self.done(&format!("would be {done}"));
            return Ok(Report { diff: Some(rewrite.diff()), ..report });
        }
        rewrite.apply()?;
        Ok(self.done(done))
    }

    fn done(&self, what: &str) -> Report {
        let what = format!("the plugin {what} {}", self.file.display());
        Report::of(&self.agent.name, Status::Done, what)
    }

    fn kept(&self) -> Report {
        let what = format!("{} is not of our making; kept", self.file.display());
        Report::of(&self.agent.name, Status::Skipped, what)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::agent;
    use crate::command::{Options, Status};
    use crate::hook::{Event, Hook, Scope};
    use crate::machine::Machine;

    #[test]
    fn every_plugin_comes_and_goes_and_names_its_program() {
        for agent in agent::all() {
            let hooks = agent.hooks.as_ref();
            let Some(config) = hooks.and_then(|hooks| hooks.plugin.as_ref()) else { continue };
            let home = tempfile::tempdir().unwrap();
            let machine = Machine { home: home.path().to_owned(), variable: &|_| None };
            let hook =
                || Hook::of(&agent.id, Event::Result, Scope::User(&machine), "/o'pt/headroom");
            assert_eq!(hook().unwrap().install(Options::default()).status, Status::Skipped);
            fs::create_dir_all(machine.path(&config.found_by)).unwrap();
            let hook = hook().unwrap();
            assert_eq!(hook.install(Options::default()).status, Status::Done);
            let text = fs::read_to_string(config.file(&machine)).unwrap();
            let argv =
                format!(r#"["/o'pt/headroom","hooks","post-tool-use","--agent","{}"]"#, agent.id);
            assert!(text.contains(&argv) && !text.contains("$argv"), "{text}");
            assert!(hook.is_installed() && hook.status().line.contains("the plugin installed in"));
            assert!(hook.install(Options::default()).line.contains("installed already"));
            assert_eq!(hook.uninstall(Options::default()).status, Status::Done);
            assert!(!config.file(&machine).exists() && !hook.is_installed());
            fs::write(config.file(&machine), "export default 1\n").unwrap();
            assert_eq!(hook.install(Options::default()).status, Status::Skipped);
            assert_eq!(hook.uninstall(Options::default()).status, Status::Skipped);
            assert!(config.file(&machine).exists());
        }
    }
}
