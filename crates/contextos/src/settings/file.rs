//! Parses one file of settings, and rejects keys that it may not set.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};
use toml::Table;

use super::keys;
use crate::failure::Failure;

/// The owner of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Repository,
    User,
}

/// The settings of one file; those that it doesn't set are `None`.
#[derive(Debug, Default)]
pub(super) struct Layer {
    /// The file's name in messages.
    pub(super) name: String,
    pub(super) pack: Pack,
    pub(super) headroom: Headroom,
    pub(super) commands: Option<BTreeMap<String, Vec<String>>>,
    pub(super) secrets: Secrets,
    /// The whole file as it was parsed, for `config show`.
    raw: Table,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Pack {
    #[serde(default, deserialize_with = "amount")]
    pub(super) budget: Option<usize>,
    pub(super) format: Option<String>,
    pub(super) model: Option<String>,
    pub(super) tests: Option<bool>,
    pub(super) source: Option<bool>,
    pub(super) include: Option<Vec<String>>,
    pub(super) exclude: Option<Vec<String>>,
    pub(super) line_numbers: Option<bool>,
    pub(super) history: Option<bool>,
    pub(super) allow_sensitive: Option<bool>,
    pub(super) compress: Option<String>,
}

/// A number of tokens: a TOML number, or a string like `8k`.
fn amount<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<usize>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Amount {
        Number(usize),
        Text(String),
    }
    let text = "not a number of tokens, like 8000 or \"8k\"";
    match Amount::deserialize(deserializer).map_err(|_| D::Error::custom(text))? {
        Amount::Number(number) => Ok(Some(number)),
        Amount::Text(words) => {
            tokens::parse_amount(&words).map(Some).ok_or_else(|| D::Error::custom(text))
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Headroom {
    pub(super) url: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Secrets {
    pub(super) allow: Option<Vec<String>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Contents {
    pack: Pack,
    headroom: Headroom,
    commands: Option<BTreeMap<String, Vec<String>>>,
    secrets: Secrets,
}

impl Layer {
    /// Parses a file of that origin. `name` is its name in messages.
    ///
    /// # Errors
    /// When it isn't TOML, or has a key that is unknown, of the wrong type or not allowed there.
    pub(super) fn parse(text: &str, origin: Origin, name: &str) -> Result<Self, Failure> {
        let malformed = |error: toml::de::Error| Failure::new(explain(text, name, &error));
        let raw: Table = toml::from_str(text).map_err(malformed)?;
        let contents: Contents = toml::from_str(text).map_err(malformed)?;
        let Contents { pack, headroom, commands, secrets } = contents;
        let layer = Self { name: name.to_owned(), pack, headroom, commands, secrets, raw };
        if origin == Origin::Repository {
            layer.refuse_what_is_the_users()?;
        }
        Ok(layer)
    }

    fn refuse_what_is_the_users(&self) -> Result<(), Failure> {
        match keys::ALL.iter().find(|key| key.user_only && self.shown(key.name).is_some()) {
            None => Ok(()),
            Some(key) => Err(Failure::new(format_args!(
                "{}: `{}` can't be set by a repository; set it in your own \
                 ~/.config/contextos/config.toml, or on the command line",
                self.name, key.name
            ))),
        }
    }

    /// The value of a key as it is written in the file, if it is set.
    pub(super) fn shown(&self, key: &str) -> Option<String> {
        let (first, second) = match key.split_once('.') {
            Some((table, key)) => (table, Some(key)),
            None => (key, None),
        };
        let value = self.raw.get(first)?;
        let value = match second {
            Some(key) => value.get(key)?,
            None => value,
        };
        Some(value.to_string())
    }
}

/// The settings that are read from the Python program's `CONFIG.json`; its other keys are ignored.
#[derive(Debug, Deserialize)]
pub(super) struct OldConfig {
    #[serde(default)]
    pack: OldPack,
}

#[derive(Debug, Default, Deserialize)]
struct OldPack {
    #[serde(default, deserialize_with = "amount")]
    default_budget: Option<usize>,
    default_format: Option<String>,
}

impl OldConfig {
    /// Parses CONFIG.json.
    ///
    /// # Errors
    /// When it isn't JSON of that shape.
    pub(super) fn parse(text: &str) -> Result<Layer, Failure> {
        let name = ".contextos/CONFIG.json";
        let old: Self = serde_json::from_str(text)
            .map_err(|error| Failure::new(format_args!("{name}: {error}")))?;
        let OldPack { default_budget: budget, default_format: format } = old.pack;
        let mut pack = Table::new();
        if let Some(budget) = budget.and_then(|budget| i64::try_from(budget).ok()) {
            pack.insert("budget".into(), budget.into());
        }
        if let Some(format) = &format {
            pack.insert("format".into(), format.clone().into());
        }
        let raw = Table::from_iter([("pack".to_owned(), pack.into())]);
        let pack = Pack { budget, format, ..Pack::default() };
        Ok(Layer { name: name.into(), pack, raw, ..Layer::default() })
    }
}

/// The message for a parse error, with the line, and for an unknown key with the most similar one.
fn explain(text: &str, name: &str, error: &toml::de::Error) -> String {
    let Some(span) = error.span() else { return format!("{name}: {}", error.message()) };
    let line = text[..span.start.min(text.len())].matches('\n').count() + 1;
    let mut message = format!("{name}:{line}: {}", error.message());
    if error.message().starts_with("unknown field") {
        let key = text.get(span).unwrap_or_default().trim_matches(['"', '\'']);
        if let Some(close) = keys::closest(key) {
            message.push_str(&format!("; did you mean `{close}`?"));
        }
    }
    message
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, origin: Origin) -> String {
        format!("{:?}", Layer::parse(text, origin, "contextos.toml").unwrap_err())
    }

    #[test]
    fn the_template_with_its_comments_taken_away_is_valid() {
        let template = keys::template();
        let plain: String = template
            .lines()
            .filter(|line| !line.starts_with("# ") || line.contains(" = "))
            .map(|line| format!("{}\n", line.trim_start_matches("# ")))
            .collect();
        for text in [&template, &plain] {
            Layer::parse(text, Origin::Repository, "contextos.toml").unwrap();
        }
        let layer = Layer::parse(&plain, Origin::Repository, "contextos.toml").unwrap();
        assert_eq!(layer.pack.budget, Some(keys::BUDGET));
        assert_eq!(layer.pack.format.as_deref(), Some(keys::FORMAT));
    }

    #[test]
    fn every_key_of_the_table_is_known_to_the_users_file() {
        for key in keys::ALL {
            let text = format!("{} = {}\n", key.name, key.example);
            let layer = Layer::parse(&text, Origin::User, "config.toml").unwrap();
            assert!(layer.shown(key.name).is_some(), "{}", key.name);
            let repository = Layer::parse(&text, Origin::Repository, "contextos.toml");
            assert_eq!(repository.is_err(), key.user_only, "{}", key.name);
        }
    }

    #[test]
    fn errors_name_the_line_and_what_may_be_meant() {
        let message = refused("\n[pack]\nbudgte = 4000\n", Origin::User);
        assert!(message.contains("contextos.toml:3: unknown field `budgte`"), "{message}");
        assert!(message.contains("did you mean `budget`?"), "{message}");
        let message = refused("[pack]\nbudget = \"many\"\n", Origin::User);
        assert!(message.contains("contextos.toml:2: "), "{message}");
        let message = refused("[pack\n", Origin::User);
        assert!(message.contains("contextos.toml:1: "), "{message}");
    }

    #[test]
    fn an_old_configuration_gives_budget_and_format() {
        let text = r#"{"version": "0.1", "scan": {"max_files": 5000},
            "pack": {"default_budget": 4000, "default_format": "json", "default_strategy": "x"}}"#;
        let layer = OldConfig::parse(text).unwrap();
        assert_eq!(layer.pack.budget, Some(4000));
        assert_eq!(layer.shown("pack.format").unwrap(), "\"json\"");
        assert!(OldConfig::parse("{}").is_ok());
        assert!(OldConfig::parse("{").is_err());
    }
}
