//! `headroom config show`: every setting, its value, and where that comes from.

use std::path::Path;

use serde_json::{Value, json};

use crate::args::{ConfigArgs, ConfigCommand};
use crate::config::{self, Config};
use crate::failure::Failure;
use crate::{environment, output};

pub(crate) fn run(args: &ConfigArgs) -> Result<(), Failure> {
    let path = config::path()?;
    let file = path.exists().then_some(&path);
    let ConfigCommand::Show { json } = args.command;
    let variable = |name: &str| std::env::var(name).ok();
    let settings = settings(&Config::read()?, &path, &variable);
    if json {
        let all: Vec<Value> = settings.iter().map(Setting::json).collect();
        return output::print(&format!("{:#}\n", json!({ "file": file, "settings": all })));
    }
    let width = settings.iter().map(|one| one.line().chars().count()).max().unwrap_or(0) + 2;
    let mut out = String::new();
    for setting in &settings {
        out.push_str(&format!("{:width$}# {}\n", setting.line(), setting.origin));
    }
    output::print(&out)?;
    if file.is_none() {
        output::note(format!("there is no {}; without it, nothing is set there", path.display()));
    }
    Ok(())
}

/// A setting as it is.
#[derive(Debug, PartialEq)]
struct Setting {
    key: &'static str,
    value: Value,
    origin: String,
}

impl Setting {
    fn line(&self) -> String {
        format!("{} = {}", self.key, self.value)
    }

    fn json(&self) -> Value {
        json!({ "key": self.key, "value": self.value, "origin": self.origin })
    }
}

/// Where a setting may be set.
struct Source<'s> {
    key: &'static str,
    variable: Option<&'static str>,
    /// What the file says.
    set: Option<Value>,
    default: Value,
    /// How the value of the variable is read.
    read: &'s dyn Fn(&str) -> Value,
}

/// All settings, of these variables and of `config`, which is read from `path`.
fn settings(
    config: &Config,
    path: &Path,
    variable: &dyn Fn(&str) -> Option<String>,
) -> Vec<Setting> {
    let file = path.display().to_string();
    let resolve = |source: Source<'_>| {
        let given = source.variable.and_then(|name| {
            let value = variable(name).filter(|value| !value.trim().is_empty())?;
            Some(((source.read)(&value), name.to_owned()))
        });
        let set = || source.set.map(|value| (value, file.clone()));
        let (value, origin) = given.or_else(set).unwrap_or((source.default, "default".to_owned()));
        Setting { key: source.key, value, origin }
    };
    of_the_file(config).into_iter().chain(of_the_environment()).map(resolve).collect()
}

/// What the file can say, some of which variables can say too.
fn of_the_file(config: &Config) -> Vec<Source<'static>> {
    let switch = |key, variable, set: Option<bool>| Source {
        key,
        variable,
        set: set.map(Value::Bool),
        default: Value::Bool(false),
        read: &|text| {
            // As `FalseyValueParser` of clap reads it.
            let text = text.to_lowercase();
            Value::Bool(!matches!(&*text, "0" | "false" | "no" | "off" | "n" | "f"))
        },
    };
    let list = |key, variable, set: &Option<Vec<String>>| Source {
        key,
        variable,
        set: set.as_ref().map(|list| json!(list)),
        default: json!([]),
        read: &|text| json!(text.split(',').map(str::trim).collect::<Vec<_>>()),
    };
    let Config { exclude, lossless_for, keep, .. } = config;
    vec![
        switch("lossless", Some(environment::LOSSLESS), config.lossless),
        switch("redact_secrets", None, config.redact_secrets),
        list("exclude.tools", Some(environment::EXCLUDE_TOOLS), &exclude.tools),
        list("exclude.commands", Some(environment::EXCLUDE_COMMANDS), &exclude.commands),
        list("exclude.paths", Some(environment::EXCLUDE_PATHS), &exclude.paths),
        list("lossless_for.tools", None, &lossless_for.tools),
        list("lossless_for.commands", None, &lossless_for.commands),
        list("lossless_for.paths", None, &lossless_for.paths),
        list("lossless_for.kinds", None, &lossless_for.kinds),
        list("keep.texts", None, &keep.texts),
    ]
}

/// What only flags and variables say.
fn of_the_environment() -> Vec<Source<'static>> {
    let text = |key, variable, default: &str| Source {
        key,
        variable: Some(variable),
        set: None,
        default: json!(default),
        read: &|text| json!(text),
    };
    let nothing = |source| Source { default: Value::Null, ..source };
    // Of what may hold a credential only that it is set.
    let hidden = |source| Source { read: &|_| json!("(set)"), ..source };
    vec![
        text("host", environment::HOST, "127.0.0.1"),
        text("port", environment::PORT, "8787"),
        hidden(nothing(text("token", environment::API_KEY, ""))),
        text("base_url", environment::BASE_URL, crate::client::DEFAULT_URL),
        hidden(text("store", environment::STORE, "files")),
        text("store_max", environment::STORE_MAX, "1GiB"),
        text("ttl", environment::TTL, "7d"),
        hidden(nothing(text("anthropic_api_url", environment::ANTHROPIC_URL, ""))),
        hidden(nothing(text("openai_api_url", environment::OPENAI_URL, ""))),
        hidden(nothing(text("gemini_api_url", environment::GEMINI_URL, ""))),
        text("workspace", environment::WORKSPACE_DIR, "~/.headroom"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Calls;

    #[test]
    fn variables_count_before_the_file_and_the_file_before_defaults() {
        let tools = Some(vec!["Read".to_owned()]);
        let exclude = Calls { tools, commands: Some(Vec::new()), paths: None };
        let (lossless, redact_secrets) = (Some(true), Some(true));
        let config = Config { lossless, redact_secrets, exclude, ..Config::default() };
        let path = Path::new("/home/u/.headroom/config.toml");
        let variable = |name: &str| match name {
            environment::EXCLUDE_TOOLS => Some("Bash, mcp__*".to_owned()),
            environment::STORE => Some("redis://u:secret@h".to_owned()),
            environment::HOST => Some(String::new()),
            environment::LOSSLESS => Some("Off".to_owned()),
            _ => None,
        };
        let all = settings(&config, path, &variable);
        let of = |key: &str| {
            let found = all.iter().find(|one| one.key == key).unwrap();
            (found.value.to_string(), found.origin.as_str())
        };
        assert_eq!(of("lossless"), ("false".to_owned(), environment::LOSSLESS));
        assert_eq!(of("redact_secrets"), ("true".to_owned(), "/home/u/.headroom/config.toml"));
        assert_eq!(
            of("exclude.tools"),
            ("[\"Bash\",\"mcp__*\"]".to_owned(), environment::EXCLUDE_TOOLS)
        );
        assert_eq!(of("exclude.commands"), ("[]".to_owned(), "/home/u/.headroom/config.toml"));
        assert_eq!(of("exclude.paths"), ("[]".to_owned(), "default"));
        assert_eq!(of("store"), ("\"(set)\"".to_owned(), environment::STORE));
        assert_eq!(of("host"), ("\"127.0.0.1\"".to_owned(), "default"));
        assert_eq!(of("token"), ("null".to_owned(), "default"));
    }
}
