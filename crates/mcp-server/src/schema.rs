//! JSON schemas of tools without the generator's dialect, so that every client reads them.

use std::sync::Arc;

use rmcp::handler::server::router::tool::ToolRouter;
use serde_json::{Map, Value};

/// Simplifies the schemas of all tools.
pub fn plain<S>(tools: &mut ToolRouter<S>) {
    for route in tools.map.values_mut() {
        simplify(Arc::make_mut(&mut route.attr.input_schema), true);
        if let Some(schema) = &mut route.attr.output_schema {
            simplify(Arc::make_mut(schema), false);
        }
    }
}

/// Removes what strict validators and providers' tool formats reject: the names of Rust's integers as
/// formats, line breaks in descriptions, and for arguments, where an `optional` one may just be absent,
/// `null` as a second type. Nor do arguments say what clients ignore, since an agent pays for it in
/// every request: defaults, and the least value of a number.
fn simplify(schema: &mut Map<String, Value>, optional: bool) {
    schema.remove("$schema");
    schema.remove("format");
    if optional {
        schema.remove("default");
        schema.remove("minimum");
    }
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = text.replace('\n', " ");
    }
    if let Some(Value::Array(types)) = schema.get_mut("type").filter(|_| optional) {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            schema.insert("type".to_owned(), only);
        }
    }
    for (keyword, value) in schema.iter_mut() {
        match value {
            // Here the members' names are properties, not keywords.
            Value::Object(named) if keyword == "properties" || keyword == "$defs" => {
                named.values_mut().for_each(|schema| inside(schema, optional));
            }
            value => inside(value, optional),
        }
    }
}

fn inside(value: &mut Value, optional: bool) {
    match value {
        Value::Object(schema) => simplify(schema, optional),
        Value::Array(schemas) => schemas.iter_mut().for_each(|schema| inside(schema, optional)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_left_is_plain_json_schema() {
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "properties": {
                "a": {"type": ["integer", "null"], "format": "uint", "description": "one\ntwo",
                    "default": 1, "minimum": 0},
                "b": {"type": "array", "items": {"type": "integer", "format": "uint64"}},
                "format": {"type": "string"},
            },
        });
        let plain = |optional| {
            let mut schema = schema.clone();
            inside(&mut schema, optional);
            schema
        };
        assert_eq!(
            plain(true),
            json!({
                "type": "object",
                "properties": {
                    "a": {"type": "integer", "description": "one two"},
                    "b": {"type": "array", "items": {"type": "integer"}},
                    "format": {"type": "string"},
                },
            })
        );
        let returned = &plain(false)["properties"]["a"];
        assert_eq!(returned["type"], json!(["integer", "null"]));
        assert_eq!((&returned["default"], &returned["minimum"]), (&json!(1), &json!(0)));
    }
}
