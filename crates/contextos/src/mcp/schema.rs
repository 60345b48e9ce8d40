//! Schemas without what strict clients stumble over.

use serde_json::{Map, Value};

/// Takes away the dialect's name and Rust's own number formats (`uint32`), which validators don't know.
pub(super) fn plain(schema: &mut Map<String, Value>) {
    schema.remove("$schema");
    schema.remove("format");
    for (keyword, value) in schema {
        match value {
            // The names in these are an author's, whatever they are.
            Value::Object(named) if matches!(keyword.as_str(), "properties" | "$defs") => {
                named.values_mut().filter_map(Value::as_object_mut).for_each(plain);
            }
            Value::Object(inner) => plain(inner),
            Value::Array(all) => all.iter_mut().filter_map(Value::as_object_mut).for_each(plain),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn formats_go_at_every_depth_and_properties_of_that_name_stay() {
        let mut schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "properties": {
                "lines": {"items": {"type": "integer", "format": "uint32"}},
                "format": {"type": "string", "default": "md"},
            },
            "anyOf": [{"format": "double"}],
        });
        plain(schema.as_object_mut().unwrap());
        assert_eq!(
            schema,
            json!({
                "properties": {
                    "lines": {"items": {"type": "integer"}},
                    "format": {"type": "string", "default": "md"},
                },
                "anyOf": [{}],
            })
        );
    }
}
