//! Where the paths in an agent's file lead, for one user on one machine.

use std::path::PathBuf;

/// The home directory and the environment of one user.
pub struct Machine<'a> {
    /// The user's home directory.
    pub home: PathBuf,
    /// The value of an environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
}

impl Machine<'_> {
    /// The machine of the user who runs this program; `None` if there is no home directory.
    pub fn current() -> Option<Machine<'static>> {
        let home = std::env::home_dir().filter(|home| !home.as_os_str().is_empty())?;
        Some(Machine { home, variable: &|name| std::env::var(name).ok() })
    }

    /// `~` and `${VAR:-other}` at the beginning of `template` resolved; an empty variable counts as
    /// one that isn't set.
    pub fn path(&self, template: &str) -> PathBuf {
        if let Some((name, other, rest)) = variable(template) {
            let value = (self.variable)(name).filter(|value| !value.is_empty());
            let base = value.map_or_else(|| self.path(other), PathBuf::from);
            return join(base, rest);
        }
        match template.strip_prefix('~') {
            Some(rest) => join(self.home.clone(), rest),
            None => PathBuf::from(template),
        }
    }
}

/// `template` for documentation: with the place that counts when no variable is set.
pub fn default_path(template: &str) -> String {
    match variable(template) {
        Some((_, other, rest)) => format!("{other}{rest}"),
        None => template.to_owned(),
    }
}

/// `${NAME:-other}rest` in its three parts.
fn variable(template: &str) -> Option<(&str, &str, &str)> {
    let (inside, rest) = template.strip_prefix("${")?.split_once('}')?;
    let (name, other) = inside.split_once(":-")?;
    Some((name, other, rest))
}

fn join(base: PathBuf, rest: &str) -> PathBuf {
    match rest.trim_start_matches('/') {
        "" => base,
        rest => base.join(rest),
    }
}
