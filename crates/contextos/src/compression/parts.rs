//! The spans of a pack in JSON or XML: only they go to a provider, so that the envelope stays valid.

use compress::Source;
use serde_json::Value;

use super::CompressionError;

/// In what shape a pack is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Markdown,
    Json,
    Xml,
}

/// Makes a part smaller.
type Replace<'f> = dyn FnMut(&str, Source) -> Result<String, CompressionError> + 'f;

/// The pack with the text of each span replaced by what `smaller` makes of it.
pub(super) fn replace(
    pack: &str,
    shape: Shape,
    smaller: &mut Replace<'_>,
) -> Result<String, CompressionError> {
    match shape {
        Shape::Markdown => Ok(pack.to_owned()),
        Shape::Json => replace_in_json(pack, smaller),
        Shape::Xml => replace_in_xml(pack, smaller),
    }
}

fn replace_in_json(pack: &str, smaller: &mut Replace<'_>) -> Result<String, CompressionError> {
    let broken = |error| CompressionError::Setting(format!("the pack isn't JSON: {error}"));
    let mut value: Value = serde_json::from_str(pack).map_err(broken)?;
    let files = value.get_mut("files").and_then(Value::as_array_mut);
    for file in files.into_iter().flatten() {
        let path = file.get("path").and_then(Value::as_str).unwrap_or_default().to_owned();
        let spans = file.get_mut("spans").and_then(Value::as_array_mut);
        for span in spans.into_iter().flatten() {
            let line = span.get("start").and_then(Value::as_u64).unwrap_or(1) as usize;
            if let Some(Value::String(text)) = span.get_mut("text") {
                *text = smaller(text, Source { path: path.clone(), line })?;
            }
        }
    }
    Ok(format!("{value}\n"))
}

const OPEN: &str = "<![CDATA[\n";
const CLOSE: &str = "]]></span>";
/// How `]]>` is written within a section, which it would end.
const ESCAPED: &str = "]]]]><![CDATA[>";

fn replace_in_xml(pack: &str, smaller: &mut Replace<'_>) -> Result<String, CompressionError> {
    let mut out = String::with_capacity(pack.len());
    let mut path = String::new();
    let mut rest = pack;
    while let Some((frame, after)) = rest.split_once(OPEN) {
        let Some((section, after)) = after.split_once(CLOSE) else { break };
        if let Some(quoted) = attribute(frame, "<file path=\"") {
            path = unescape(quoted);
        }
        let line = attribute(frame, "<span start=\"").and_then(|n| n.parse().ok()).unwrap_or(1);
        let text = section.replace(ESCAPED, "]]>");
        let text = smaller(&text, Source { path: path.clone(), line })?;
        out.push_str(frame);
        out.push_str(OPEN);
        out.push_str(&text.replace("]]>", ESCAPED));
        out.push_str(CLOSE);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// The value of the last attribute in `frame` that `before` opens.
fn attribute<'f>(frame: &'f str, before: &str) -> Option<&'f str> {
    let (_, after) = frame.rsplit_once(before)?;
    Some(after.split_once('"')?.0)
}

fn unescape(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(pack: &str, shape: Shape) -> (String, Vec<(String, usize, String)>) {
        let mut seen = Vec::new();
        let out = replace(pack, shape, &mut |text, source| {
            seen.push((source.path, source.line, text.to_owned()));
            Ok(text.to_uppercase())
        });
        (out.unwrap(), seen)
    }

    #[test]
    fn spans_of_json_are_replaced_and_nothing_else() {
        let pack = r#"{"version":1,"task":"fix","files":[{"path":"a.rs","spans":[
            {"start":3,"end":4,"text":"fn a() {}\n","evidence":["x"]},{"start":9,"end":9,"text":"y"}]}]}"#;
        let (out, seen) = record(pack, Shape::Json);
        assert_eq!(
            seen,
            [("a.rs".into(), 3, "fn a() {}\n".into()), ("a.rs".into(), 9, "y".into())]
        );
        let value: Value = serde_json::from_str(&out).unwrap();
        assert_eq!(value["task"], "fix");
        assert_eq!(value["files"][0]["spans"][0]["text"], "FN A() {}\n");
        assert_eq!(value["files"][0]["spans"][0]["evidence"][0], "x");
    }

    #[test]
    fn spans_of_xml_are_replaced_and_stay_sections() {
        let pack = "<context_pack>\n<files>\n<file path=\"a&amp;b.xml\" language=\"xml\" rank=\"1\">\n\
            <span start=\"7\" end=\"9\" evidence=\"\"><![CDATA[\nx ]]]]><![CDATA[></span>\n]]></span>\n\
            <span start=\"12\" end=\"12\" evidence=\"\"><![CDATA[\ny\n]]></span>\n</file>\n</files>\n";
        let (out, seen) = record(pack, Shape::Xml);
        let path = "a&b.xml".to_owned();
        assert_eq!(seen, [(path.clone(), 7, "x ]]></span>\n".into()), (path, 12, "y\n".into())]);
        let expected = pack
            .replace("\nx ]]]]><![CDATA[></span>\n", "\nX ]]]]><![CDATA[></SPAN>\n")
            .replace("\ny\n", "\nY\n");
        assert_eq!(out, expected);
    }
}
