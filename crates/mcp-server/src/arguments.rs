//! Arguments of a tool call. An error message, which a model reads, names the argument that is wrong.

use std::borrow::Cow;

use rmcp::schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error};
use serde_json::{Map, Value};

/// The arguments of a tool; where one can't be read, the error begins with its name. One that is `null`, as
/// many clients send those that a model has left out, is none.
#[derive(Debug)]
pub struct Named<T>(pub T);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut arguments = Map::deserialize(deserializer)?;
        arguments.retain(|_, value| !value.is_null());
        let arguments = Value::Object(arguments);
        serde_path_to_error::deserialize(arguments).map(Self).map_err(|error| {
            let at = error.path().to_string();
            let message = plain(&error.into_inner().to_string());
            match at.as_str() {
                // About the arguments as a whole: the message itself names one that is missing.
                "." => D::Error::custom(message),
                name => D::Error::custom(format_args!("`{name}`: {message}")),
            }
        })
    }
}

impl<T: JsonSchema> JsonSchema for Named<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// The message with plain words in place of Rust's integer types.
fn plain(message: &str) -> String {
    let end = message.rsplit(' ').next().unwrap_or_default();
    match end {
        "usize" | "u64" | "u32" => message.replace(end, "a whole number, 0 or more"),
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(Debug, serde::Deserialize)]
    struct Arguments {
        #[allow(dead_code)]
        budget: usize,
    }

    fn error(arguments: serde_json::Value) -> String {
        serde_json::from_value::<Named<Arguments>>(arguments).unwrap_err().to_string()
    }

    #[test]
    fn the_argument_is_named() {
        assert_eq!(
            error(json!({"budget": "many"})),
            "`budget`: invalid type: string \"many\", expected a whole number, 0 or more"
        );
        assert_eq!(error(json!({})), "missing field `budget`");
        assert_eq!(error(json!({"budget": null})), "missing field `budget`");
    }
}
