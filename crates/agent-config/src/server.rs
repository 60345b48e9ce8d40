//! An MCP server's entry in a config file: what to start, in the form that each agent reads.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Map, Value};

/// A server that an agent starts and speaks to over its standard input and output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The name under which agents list it.
    pub name: String,
    /// The executable, by an absolute path: agents start it in directories of their own.
    pub command: PathBuf,
    /// Its arguments.
    pub args: Vec<String>,
    /// Environment variables that it is started with, in this order.
    pub env: Vec<(String, String)>,
}

/// The shape of an entry: a JSON object in which `"$command"`, `"$args"`, `"$argv"` and `"$env"` stand
/// for the parts of a [`Server`].
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Shape(Map<String, Value>);

impl TryFrom<String> for Shape {
    type Error = serde_json::Error;

    fn try_from(text: String) -> Result<Self, serde_json::Error> {
        serde_json::from_str(&text).map(Self)
    }
}

impl Shape {
    /// The names of an entry's members.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The entry for `server`.
    pub fn entry(&self, server: &Server) -> Value {
        let filled = self.0.iter().filter_map(|(key, value)| {
            let value = match value.as_str() {
                Some("$command") => command(server),
                Some("$args") => Value::from(server.args.clone()),
                Some("$argv") => argv(server),
                Some("$env") if server.env.is_empty() => return None,
                Some("$env") => env(server),
                _ => value.clone(),
            };
            Some((key.clone(), value))
        });
        Value::Object(filled.collect())
    }

    /// Whether `found` starts what `server` describes: everything that we would write is in it. Other
    /// members, such as a list of allowed tools, are the user's own; other environment variables aren't.
    pub fn is_same(&self, found: &Value, server: &Server) -> bool {
        let wanted = self.entry(server);
        let same = |key: &String| match (wanted.get(key), found.get(key)) {
            (None, Some(Value::Object(env))) => env.is_empty(),
            (wanted, found) => wanted == found,
        };
        found.is_object() && self.0.keys().all(same)
    }

    /// Whether `found` starts the program of `server` with its arguments, from wherever and in whatever
    /// environment: an entry that another version of the program has written.
    pub fn is_kin(&self, found: &Value, server: &Server) -> bool {
        let stem = self.program(found).and_then(|program| Path::new(program).file_stem());
        let args = match self.part(found, "$argv").and_then(Value::as_array) {
            Some(argv) => argv.get(1..),
            None => self.part(found, "$args").and_then(Value::as_array).map(Vec::as_slice),
        };
        let wanted = server.args.iter().map(String::as_str).map(Some);
        stem.is_some_and(|stem| stem == server.name.as_str())
            && args.is_some_and(|args| wanted.eq(args.iter().map(Value::as_str)))
    }

    /// The program that `found` starts. (The rest of an entry may hold keys that nobody should print.)
    pub fn program<'v>(&self, found: &'v Value) -> Option<&'v str> {
        match self.part(found, "$argv") {
            Some(argv) => argv.get(0)?.as_str(),
            None => self.part(found, "$command")?.as_str(),
        }
    }

    /// What stands in `found` where the shape has `mark`.
    fn part<'v>(&self, found: &'v Value, mark: &str) -> Option<&'v Value> {
        let key = self.0.iter().find(|(_, value)| value.as_str() == Some(mark))?.0;
        found.get(key)
    }
}

fn command(server: &Server) -> Value {
    Value::from(server.command.display().to_string())
}

fn argv(server: &Server) -> Value {
    let args = server.args.iter().cloned().map(Value::from);
    Value::Array(std::iter::once(command(server)).chain(args).collect())
}

fn env(server: &Server) -> Value {
    let pairs = server.env.iter();
    Value::Object(pairs.map(|(name, value)| (name.clone(), value.clone().into())).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent;
    use serde_json::json;

    fn shape(id: &str) -> &'static Shape {
        &agent::by_id(id).unwrap().mcp.as_ref().unwrap().shape
    }

    fn server(env: &[(&str, &str)]) -> Server {
        Server {
            name: "headroom".into(),
            command: "/opt/headroom".into(),
            args: vec!["mcp".into(), "serve".into()],
            env: env.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        }
    }

    #[test]
    fn every_agent_gets_its_shape() {
        let plain = server(&[]);
        let common = json!({"command": "/opt/headroom", "args": ["mcp", "serve"]});
        for id in ["claude", "codex", "cursor", "gemini", "kiro", "qwen", "windsurf", "zed"] {
            assert_eq!(shape(id).entry(&plain), common, "{id}");
        }
        let vscode = shape("vscode").entry(&plain);
        assert_eq!(vscode["type"], "stdio");
        let url = server(&[("HEADROOM_PROXY_URL", "http://127.0.0.1:9000")]);
        assert_eq!(
            shape("opencode").entry(&url).to_string(),
            r#"{"type":"local","command":["/opt/headroom","mcp","serve"],"enabled":true,"environment":{"HEADROOM_PROXY_URL":"http://127.0.0.1:9000"}}"#
        );
    }

    #[test]
    fn additions_of_the_user_are_no_difference_but_another_environment_is() {
        let shape = shape("claude");
        let mut found = shape.entry(&server(&[]));
        found["alwaysAllow"] = json!(["headroom_stats"]);
        found["env"] = json!({});
        assert!(shape.is_same(&found, &server(&[])));
        found["env"] = json!({"HEADROOM_PROXY_URL": "http://127.0.0.1:1"});
        assert!(!shape.is_same(&found, &server(&[])));
        assert!(!shape.is_same(&json!("headroom"), &server(&[])));
    }

    #[test]
    fn kin_is_the_same_program_elsewhere() {
        let claude = shape("claude");
        let opencode = shape("opencode");
        let ours = server(&[]);
        assert!(claude.is_kin(&json!({"command": "headroom", "args": ["mcp", "serve"]}), &ours));
        assert!(!claude.is_kin(&json!({"command": "uvx", "args": ["mcp", "serve"]}), &ours));
        assert!(!claude.is_kin(&json!({"command": "/x/headroom", "args": ["serve"]}), &ours));
        assert!(opencode.is_kin(&json!({"command": ["/x/headroom.exe", "mcp", "serve"]}), &ours));
        assert!(!opencode.is_kin(&json!({"command": []}), &ours));
    }
}
