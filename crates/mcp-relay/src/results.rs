//! Compresses the texts in the result of a tool. Everything else in the result stays byte for byte: what is
//! structured, images, links, annotations, and errors as a whole.

use json_index::Value;
use llm_api::splice::{Edits, quote};

use crate::Headroom;
use crate::message::{index, text_at};

/// The response in `line` with compressed texts; `None` where that saves nothing. `kind` is the command or
/// file that the texts are from, where the call says one.
pub(crate) fn compressed(
    line: &[u8],
    kind: Option<&str>,
    headroom: &dyn Headroom,
) -> Option<Vec<u8>> {
    let index = index(line)?;
    let result = index.root().get("result")?;
    if result.get("isError").is_some_and(Value::is_true) {
        return None;
    }
    let mut edits = Edits::default();
    for block in result.get("content")?.items().filter(|block| is_for_models(*block)) {
        let (value, uri) = match text_at(block, &["type"]).as_deref() {
            Some("text") => (block.get("text"), None),
            Some("resource") => {
                let resource = block.get("resource");
                let uri = resource.and_then(|resource| text_at(resource, &["uri"]));
                (resource.and_then(|resource| resource.get("text")), uri)
            }
            _ => continue,
        };
        let Some((value, text)) = value.and_then(|value| Some((value, value.text()?))) else {
            continue;
        };
        if let Some(smaller) = headroom.compress(&text, kind.or(uri.as_deref())) {
            edits.replace(value.range(), quote(&smaller));
        }
    }
    if edits.is_empty() {
        return None;
    }
    edits.apply(line).ok()
}

/// Whether a block may be meant for the model: a server can say that only the user is to see it.
fn is_for_models(block: Value<'_>) -> bool {
    let audience = block.get("annotations").and_then(|annotations| annotations.get("audience"));
    audience.is_none_or(|audience| {
        audience.items().next().is_none() || audience.items().any(|who| who.is("assistant"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Short;

    fn line(result: &str) -> String {
        format!(r#"{{"id": 1 ,"result":{result},"jsonrpc":"2.0"}}"#)
    }

    fn compressed_line(result: &str) -> Option<String> {
        let out = compressed(line(result).as_bytes(), Some("kind"), &Short)?;
        Some(String::from_utf8(out).unwrap())
    }

    #[test]
    fn only_texts_change() {
        let result = r#"{"content":[{"type":"text","text":"long\nlong","annotations":{"priority":1.0}},
            {"type":"image","data":"long"},
            {"type":"resource","resource":{"uri":"file:///a","text":"long"}},
            {"text":"long\u0020long","type":"text"}],"structuredContent":{"text":"long"},"_meta":{"a":1e400}}"#;
        let expected = result
            .replace(r#""long\nlong""#, r#""short(kind)\nshort(kind)""#)
            .replace(r#""file:///a","text":"long""#, r#""file:///a","text":"short(kind)""#)
            .replace(r#""long\u0020long""#, r#""short(kind) short(kind)""#);
        assert_eq!(compressed_line(result).unwrap(), line(&expected));
    }

    #[test]
    fn a_resource_is_of_the_kind_of_its_uri() {
        let block =
            r#"{"content":[{"type":"resource","resource":{"uri":"file:///a.rs","text":"long"}}]}"#;
        let out = compressed(line(block).as_bytes(), None, &Short).unwrap();
        assert!(String::from_utf8(out).unwrap().contains("short(file:///a.rs)"));
    }

    #[test]
    fn what_is_not_for_models_or_failed_stays() {
        for result in [
            r#"{"content":[{"type":"text","text":"long"}],"isError":true}"#,
            r#"{"content":[{"type":"text","text":"long","annotations":{"audience":["user"]}}]}"#,
            r#"{"content":[{"type":"text","text":"little"}]}"#,
            r#"{"content":[{"type":"text","text":"long \ud800"}]}"#,
            r#"{"content":"long"}"#,
            r#"{"structuredContent":{"text":"long"}}"#,
        ] {
            assert_eq!(compressed_line(result), None, "{result}");
        }
        let both = r#"{"content":[{"type":"text","text":"long","annotations":{"audience":["user","assistant"]}}]}"#;
        assert!(compressed_line(both).is_some());
    }
}
