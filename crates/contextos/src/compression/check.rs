//! Checks that the text a provider returned is still the pack that it was given.

use super::{Rendered, Shape};

/// Checks a whole pack.
///
/// # Errors
/// What is wrong, in a few words.
pub(super) fn whole(
    pack: &Rendered<'_>,
    text: &str,
    before: usize,
    after: usize,
) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("it is empty".into());
    }
    if after > before {
        return Err(format!("it grew from {before} tokens to {after} tokens"));
    }
    if pack.shape == Shape::Markdown {
        let title = pack.text.lines().next().unwrap_or_default();
        if text.lines().next() != Some(title) {
            return Err("the title with the task is missing".into());
        }
        if let Some(path) = pack.paths.iter().find(|path| !text.contains(**path)) {
            return Err(format!("{path} is missing"));
        }
    }
    Ok(())
}

/// Checks one span of a pack in JSON or XML, of which only the spans are sent.
///
/// # Errors
/// What is wrong, in a few words.
pub(super) fn part(before: &str, after: &str) -> Result<(), String> {
    if after.trim().is_empty() && !before.trim().is_empty() {
        return Err("a span is empty".into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokens::Encoding;

    const PACK: &str = "# Context for: fix it\n### src/a.rs:1-2\n";

    fn check(text: &str, before: usize, after: usize) -> Result<(), String> {
        let paths = ["src/a.rs"];
        let pack = Rendered {
            text: PACK,
            shape: Shape::Markdown,
            paths: &paths,
            task: "fix it",
            budget: 8000,
            encoding: Encoding::default(),
        };
        whole(&pack, text, before, after)
    }

    #[test]
    fn the_pack_itself_passes() {
        check(PACK, 10, 10).unwrap();
    }

    #[test]
    fn what_is_not_the_pack_is_refused() {
        assert_eq!(check(" \n", 10, 1).unwrap_err(), "it is empty");
        assert_eq!(check(PACK, 10, 11).unwrap_err(), "it grew from 10 tokens to 11 tokens");
        assert!(check("src/a.rs", 10, 3).unwrap_err().contains("title"));
        assert!(check("# Context for: fix it\n", 10, 5).unwrap_err().contains("src/a.rs"));
        assert!(part("text", "\n").is_err());
        assert!(part("\n", "").is_ok());
    }
}
