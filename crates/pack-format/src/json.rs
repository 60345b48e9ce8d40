//! Packs in JSON: an object whose `files` have `spans` with their `text`.

use serde_json::Value;

use crate::Origin;

/// Why the spans of a pack weren't replaced.
#[derive(Debug)]
pub enum Error<E> {
    /// The pack isn't JSON.
    NotJson(serde_json::Error),
    /// The replacement of a span failed.
    Replacement(E),
}

/// The pack with the text of each span replaced by what `replace` makes of it.
///
/// # Errors
/// [`Error::NotJson`], or the first error of `replace`.
pub fn map_spans<E>(
    pack: &str,
    mut replace: impl FnMut(&str, Origin) -> Result<String, E>,
) -> Result<String, Error<E>> {
    let mut value: Value = serde_json::from_str(pack).map_err(Error::NotJson)?;
    let files = value.get_mut("files").and_then(Value::as_array_mut);
    for file in files.into_iter().flatten() {
        let path = file.get("path").and_then(Value::as_str).unwrap_or_default().to_owned();
        let spans = file.get_mut("spans").and_then(Value::as_array_mut);
        for span in spans.into_iter().flatten() {
            let first_line = span.get("start").and_then(Value::as_u64).unwrap_or(1) as usize;
            if let Some(Value::String(text)) = span.get_mut("text") {
                let origin = Origin { path: path.clone(), first_line };
                *text = replace(text, origin).map_err(Error::Replacement)?;
            }
        }
    }
    Ok(format!("{value}\n"))
}

#[cfg(test)]
mod tests {
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
    fn what_is_not_json_is_an_error() {
        let out = map_spans("# Context for: x", |text, _| Ok::<_, ()>(text.to_owned()));
        assert!(matches!(out, Err(Error::NotJson(_))));
    }
}
