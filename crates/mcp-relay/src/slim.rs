//! Definitions of tools cut to what a call needs (`--slim`): descriptions end after their first sentences,
//! and schemas lose what doesn't say how to call.

use json_index::{Kind, Value};

use crate::message::json_string;

/// The longest description of a tool in characters. By hand: two or three sentences.
const TOOL: usize = 200;
/// The longest description of a property in characters. By hand: one clause.
const PROPERTY: usize = 80;
/// Keywords of schemas that say nothing about how to call.
const NEEDLESS: [&str; 6] = ["$schema", "$id", "title", "examples", "default", "$comment"];
/// Keywords whose members are named by whoever wrote the schema.
const NAMED: [&str; 4] = ["properties", "$defs", "definitions", "patternProperties"];
/// Keywords whose values are data, not schemas.
const DATA: [&str; 2] = ["enum", "const"];
/// Where a clause ends.
const CLAUSE_ENDS: [&str; 6] = ["; ", " (", ": ", " - ", " – ", ", "];

/// The definition of a tool, with `name` in place of its own, and cut if `is_slim`. Everything else is as it
/// is written, annotations and the schema of the output too.
pub(crate) fn definition(tool: Value<'_>, name: Option<&str>, is_slim: bool) -> String {
    let mut out = String::from("{");
    for (key, value) in tool.members() {
        let written: String = match key.text().as_deref() {
            Some("name") if name.is_some() => json_string(name.unwrap_or_default()),
            Some("description") if is_slim => shortened(value, tool_description),
            Some("inputSchema") if is_slim => {
                let mut schema = String::new();
                write_schema(value, &mut schema);
                schema
            }
            _ => lossy(value),
        };
        push_member(key, &written, &mut out);
    }
    out.push('}');
    out
}

/// The beginning of a tool's description, as far as its first sentences go.
pub(crate) fn tool_description(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut end = 0;
    for at in sentence_ends(&text) {
        if end > 0 && text[..at].chars().count() > TOOL {
            break;
        }
        end = at;
    }
    bounded(&text[..end], TOOL)
}

/// The first clause of a property's description.
fn property_description(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = sentence_ends(&text).next().unwrap_or(text.len());
    bounded(text[..end].trim_end_matches('.'), PROPERTY)
}

/// `text`, if it is longer than `longest` characters, up to its last clause or word before that.
fn bounded(text: &str, longest: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(longest) else { return text.to_owned() };
    let head = &text[..end];
    let clause = CLAUSE_ENDS.iter().filter_map(|mark| head.rfind(mark)).max();
    // A clause that is less than a third of the room says too little.
    let cut = clause.filter(|at| *at * 3 >= end).or_else(|| head.rfind(' ')).unwrap_or(end);
    head[..cut].trim_end().to_owned()
}

/// Where sentences end: after a full stop and before a space and a letter that isn't small, so that `e.g.`
/// ends none.
fn sentence_ends(text: &str) -> impl Iterator<Item = usize> {
    let ends = text.match_indices(['.', '!', '?']).map(|(at, mark)| at + mark.len());
    let ends = ends.filter(|end| {
        let mut rest = text[*end..].chars();
        match (rest.next(), rest.next()) {
            (None, _) => true,
            (Some(' '), Some(next)) => !next.is_lowercase(),
            _ => false,
        }
    });
    let whole = (!text.ends_with(['.', '!', '?'])).then_some(text.len());
    ends.chain(whole)
}

/// A string value, cut by `cut`; anything else as it is written.
fn shortened(value: Value<'_>, cut: impl Fn(&str) -> String) -> String {
    value.text().map_or_else(|| lossy(value), |text| json_string(&cut(&text)))
}

/// A schema without what is needless. The depth of the recursion is the scanner's bound at most.
fn write_schema(schema: Value<'_>, out: &mut String) {
    match schema.kind() {
        Kind::Object => {
            out.push('{');
            for (key, value) in schema.members() {
                let name = key.text().unwrap_or_default();
                if NEEDLESS.contains(&&*name) {
                    continue;
                }
                let mut written = String::new();
                match &*name {
                    "description" => written = shortened(value, property_description),
                    name if NAMED.contains(&name) => write_named(value, &mut written),
                    name if DATA.contains(&name) => written = lossy(value),
                    _ => write_schema(value, &mut written),
                }
                push_member(key, &written, out);
            }
            out.push('}');
        }
        Kind::Array => {
            out.push('[');
            for (at, item) in schema.items().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_schema(item, out);
            }
            out.push(']');
        }
        _ => out.push_str(&lossy(schema)),
    }
}

/// Schemas by names that mean nothing here.
fn write_named(schemas: Value<'_>, out: &mut String) {
    if schemas.kind() != Kind::Object {
        return out.push_str(&lossy(schemas));
    }
    out.push('{');
    for (key, schema) in schemas.members() {
        let mut written = String::new();
        write_schema(schema, &mut written);
        push_member(key, &written, out);
    }
    out.push('}');
}

/// Adds a member to an object that is being written.
fn push_member(key: Value<'_>, value: &str, out: &mut String) {
    if !out.ends_with('{') {
        out.push(',');
    }
    out.push_str(&lossy(key));
    out.push(':');
    out.push_str(value);
}

/// A value as it is written.
fn lossy(value: Value<'_>) -> String {
    crate::message::raw(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::index;

    fn slim(tool: &str) -> String {
        definition(index(tool.as_bytes()).unwrap().root(), None, true)
    }

    #[test]
    fn descriptions_keep_their_first_sentences() {
        let long = "Read a file, e.g. `a.txt`. Works in allowed folders only. ".to_owned()
            + &"Many more words follow here that no call needs to know. ".repeat(9);
        let cut = tool_description(&long);
        assert!(
            cut.starts_with("Read a file, e.g. `a.txt`. Works in allowed folders only. Many"),
            "{cut}"
        );
        assert!(cut.chars().count() <= TOOL && cut.ends_with('.'), "{cut}");
        assert_eq!(tool_description("No full stop"), "No full stop");
        assert_eq!(tool_description(" One\n  line. "), "One line.");
        assert_eq!(tool_description(""), "");
        let endless = tool_description(&"word ".repeat(100));
        assert!(endless.ends_with("word") && endless.len() <= TOOL);
    }

    #[test]
    fn descriptions_of_properties_are_a_clause() {
        assert_eq!(property_description("The path. It must be absolute."), "The path");
        assert_eq!(property_description("Version 2.5 of it"), "Version 2.5 of it");
        let long = format!("The path of the file to read ({})", "x".repeat(90));
        assert_eq!(property_description(&long), "The path of the file to read");
        assert_eq!(property_description(&"ü".repeat(100)), "ü".repeat(80));
    }

    #[test]
    fn schemas_lose_what_no_call_needs() {
        let tool = r##"{"name": "t", "title": "T", "description": "Do it. Or not.", "inputSchema": {
            "$schema": "x", "type": "object", "title": "Args", "properties": {
              "title": {"type": "string", "title": "Title", "default": "a", "examples": ["b"]},
              "n": {"type": "number", "maximum": 1e400, "enum": [{"default": 1}]},
              "list": {"type": "array", "items": {"$ref": "#/$defs/default", "description": "One. Two."}}},
            "$defs": {"default": {"anyOf": [{"type": "null"}, {"const": {"title": 1}}]}},
            "required": ["title"], "additionalProperties": false},
            "outputSchema": {"title": "O", "type": "object"}, "annotations": {"title": "A", "readOnlyHint": true}}"##;
        assert_eq!(
            slim(tool),
            concat!(
                r#"{"name":"t","title":"T","description":"Do it. Or not.","inputSchema":{"type":"object","#,
                r#""properties":{"title":{"type":"string"},"#,
                r#""n":{"type":"number","maximum":1e400,"enum":[{"default": 1}]},"#,
                r##""list":{"type":"array","items":{"$ref":"#/$defs/default","description":"One"}}},"##,
                r#""$defs":{"default":{"anyOf":[{"type":"null"},{"const":{"title": 1}}]}},"#,
                r#""required":["title"],"additionalProperties":false},"#,
                r#""outputSchema":{"title": "O", "type": "object"},"#,
                r#""annotations":{"title": "A", "readOnlyHint": true}}"#
            )
        );
    }

    #[test]
    fn a_definition_gets_another_name_and_nothing_else() {
        let tool = r#"{"description" : "x\u0041", "name":"log", "inputSchema": {"a": 1.0}}"#;
        let index = index(tool.as_bytes()).unwrap();
        assert_eq!(
            definition(index.root(), Some("git__log"), false),
            r#"{"description":"x\u0041","name":"git__log","inputSchema":{"a": 1.0}}"#
        );
    }
}
