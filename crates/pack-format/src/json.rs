//! Packs in JSON: an object whose `files` have `spans` with their `text`.

use json_index::{Index, ScanError, scan};

use crate::Origin;

/// Whether `text` begins as a pack does, on many lines or on one.
pub fn is_pack(text: &str) -> bool {
    let mut rest = text;
    let mut takes = |part: &str| {
        rest = rest.trim_start();
        rest.strip_prefix(part).map(|after| rest = after).is_some()
    };
    if !["{", "\"version\":1,", "\"task\":"].into_iter().all(&mut takes) {
        return false;
    }
    let task = json_index::lenient::value_length(rest);
    let after = task.and_then(|length| rest.get(length..)).unwrap_or("").strip_prefix(',');
    after.is_some_and(|rest| rest.trim_start().starts_with("\"commit\":"))
}

/// Why the spans of a pack weren't replaced.
#[derive(Debug)]
pub enum Error<E> {
    /// The pack isn't JSON.
    NotJson(ScanError),
    /// The replacement of a span failed.
    Replacement(E),
}

/// The pack with the text of each span replaced by what `replace` makes of it, on one line. All else is as it was
/// written, also numbers that no type holds exactly.
///
/// # Errors
/// [`Error::NotJson`], or the first error of `replace`.
pub fn map_spans<E>(
    pack: &str,
    replace: impl FnMut(&str, Origin) -> Result<String, E>,
) -> Result<String, Error<E>> {
    let index = scan(pack.as_bytes()).map_err(Error::NotJson)?;
    let mapped = with_spans(pack, &index, replace).map_err(Error::Replacement)?;
    let index = scan(mapped.as_bytes()).map_err(Error::NotJson)?;
    let mut line = String::with_capacity(mapped.len());
    index.minify(index.root_id(), &mut line);
    line.push('\n');
    Ok(line)
}

fn with_spans<E>(
    pack: &str,
    index: &Index<'_>,
    mut replace: impl FnMut(&str, Origin) -> Result<String, E>,
) -> Result<String, E> {
    let (mut mapped, mut end) = (String::with_capacity(pack.len()), 0);
    let files = index.root().get("files");
    for file in files.into_iter().flat_map(|files| files.items()) {
        let path = file.get("path").and_then(|path| path.text()).unwrap_or_default();
        let spans = file.get("spans");
        for span in spans.into_iter().flat_map(|spans| spans.items()) {
            let first_line = span.get("start").and_then(|start| start.unsigned()).unwrap_or(1);
            let Some(written) = span.get("text") else { continue };
            let Some(text) = written.text() else { continue };
            let origin = Origin { path: path.to_string(), first_line: first_line as usize };
            let text = replace(&text, origin)?;
            mapped.push_str(&pack[end..written.range().start]);
            mapped.push_str(&serde_json::Value::from(text).to_string());
            end = written.range().end;
        }
    }
    mapped.push_str(&pack[end..]);
    Ok(mapped)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn spans_are_replaced_and_nothing_else() {
        let pack = r#"{"version":1,"task":"fix","files":[{"path":"a.rs","spans":[
            {"start":3,"end":4,"text":"fn a() {}\n","evidence":["x"]},{"start":9,"end":9,"text":"y"}]}]}"#;
        let mut seen = Vec::new();
        let out = map_spans(pack, |text, origin| {
            seen.push((origin.path, origin.first_line, text.to_owned()));
            Ok::<_, ()>(text.to_uppercase())
        })
        .unwrap();
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
    fn what_is_no_text_of_a_span_stays_as_it_is_written() {
        let pack = r#"{"score": 66666666666666666666666666666666666666666666, "files": [ {"spans": [{"text": 1}]} ]}"#;
        let out = map_spans(pack, |text, _| Ok::<_, ()>(text.to_uppercase())).unwrap();
        assert_eq!(
            out,
            pack.replace(": ", ":").replace(", ", ",").replace("[ ", "[").replace(" ]", "]") + "\n"
        );
    }

    #[test]
    fn what_is_not_json_is_an_error() {
        let out = map_spans("# Context for: x", |text, _| Ok::<_, ()>(text.to_owned()));
        assert!(matches!(out, Err(Error::NotJson(_))));
    }
}
