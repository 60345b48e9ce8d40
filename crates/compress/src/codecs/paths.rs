//! Codec for lists of paths: each directory once, with its file names on one line.
//!
//! ```text
//! tests/cli/: __init__.py test_memory.py
//! tests/: conftest.py
//!  M src/: main.rs lib.rs
//! ~a path with blanks
//! ```

use super::{Codec, Encoded, ExpandError, Room, directory};
use crate::lines::split;

/// If no two of so many lines at the beginning are paths in one directory, the text isn't a list of
/// paths. It saves time. By hand, not measured.
const MOST_UNSHARED: usize = 200;
/// The most bytes before a path on its line. By hand, not measured: what `git status` writes.
const LONGEST_BEFORE: usize = 16;

/// See the module.
pub(crate) struct Paths;

impl Codec for Paths {
    fn name(&self) -> &'static str {
        "paths"
    }

    fn version(&self) -> u32 {
        1
    }

    fn restructured(&self) -> Option<&'static str> {
        Some("lines' repeated paths")
    }

    fn encode(&self, text: &str) -> Option<Encoded> {
        let mut out = String::with_capacity(text.len());
        let mut above = None;
        let mut is_any_shared = false;
        for (index, path) in split(text).enumerate() {
            if index == MOST_UNSHARED && !is_any_shared {
                return None;
            }
            let before = letters(path);
            let (dir, name) = path.split_at(before + directory(&path[before..]).len());
            let plain = !name.is_empty()
                && memchr::memchr2(b' ', b'\t', &path.as_bytes()[before..]).is_none()
                && !path.starts_with('~')
                && (before == 0 || !name.ends_with(':'));
            if plain && above == Some(dir) {
                is_any_shared = true;
                out.extend([" ", name]);
                continue;
            }
            out.push_str(if above.is_some() { "\n" } else { "" });
            match plain {
                true => out.extend([dir, ": ", name]),
                false => out.extend(["~", path, "\n"]),
            }
            above = plain.then_some(dir);
        }
        if above.is_none() {
            out.pop();
        }
        let hint = "directory: the paths in it";
        Some(Encoded { details: String::new(), hint: hint.into(), body: out })
    }

    fn decode(&self, _details: &str, body: &str, room: &mut Room) -> Result<String, ExpandError> {
        let mut out = String::new();
        for line in split(body) {
            if let Some(path) = line.strip_prefix('~') {
                room.take(path.len() + 1)?;
                out.extend([path, "\n"]);
                continue;
            }
            let bad = ExpandError::Malformed { codec: "paths", what: "a directory" };
            let (dir, names) = line
                .split_once(": ")
                .filter(|(dir, _)| !dir.contains([' ', '\t']))
                .or_else(|| line.rsplit_once(": "))
                .ok_or(bad)?;
            for name in names.split(' ') {
                room.take(dir.len() + name.len() + 1)?;
                out.extend([dir, name, "\n"]);
            }
        }
        out.pop();
        Ok(out)
    }
}

/// The length of what `git` writes before a path: ` M `, `?? `, `R100\t`, `\tmodified:   `.
fn letters(path: &str) -> usize {
    let end = memchr::memrchr2(b' ', b'\t', path.as_bytes()).map_or(0, |at| at + 1);
    if end <= LONGEST_BEFORE { end } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(lines in prop::collection::vec("( M |\t|\tnew file:   )?(\\./)?([ab]/){0,2}[ab:~ ]{0,2}", 1..20)) {
            let text = lines.join("\n");
            let encoded = Paths.encode(&text).unwrap();
            let decoded = Paths.decode("", &encoded.body, &mut Room::of(&text));
            prop_assert_eq!(decoded.as_deref(), Ok(text.as_str()), "{}", encoded.body);
        }

        #[test]
        fn any_body_is_decoded_or_refused(body in "[~a: /\n]{0,40}") {
            let _ = Paths.decode("", &body, &mut Room::of(&body));
        }
    }
}
