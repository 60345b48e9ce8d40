//! Whether a repository's configuration is one that git accepts without a doubt.
//!
//! Git refuses a repository whose configuration it can't read, or whose format it doesn't know. Where objects are read
//! without git, that has to stay so: anything but plain lines, and any format but the usual one, is left to git.

use std::path::Path;

use private_fs::Links;

/// The maximum size of a configuration in bytes. By hand.
const LIMIT: u64 = 1 << 20;
/// Extensions of the format that don't change how objects are stored.
const EXTENSIONS: &[&str] = &["noop", "partialclone", "preciousobjects", "worktreeconfig"];

/// Whether the configuration in these folders of git is plain, and the format the usual one.
pub(super) fn is_plain<'f>(folders: impl IntoIterator<Item = &'f Path>) -> bool {
    let is_plain_file = |file: &Path| {
        // Git reads both, if they are there.
        file.symlink_metadata().is_err()
            || private_fs::read_to_string(file, Links::Follow, LIMIT)
                .is_ok_and(|text| is_plain_text(&text))
    };
    let mut folders = folders.into_iter();
    folders.all(|folder| {
        ["config", "config.worktree"].iter().all(|name| is_plain_file(&folder.join(name)))
    })
}

fn is_plain_text(text: &str) -> bool {
    let mut section = None;
    text.lines().map(str::trim).filter(|line| !line.is_empty()).all(|line| {
        if let Some(heading) = line.strip_prefix('[') {
            section = section_of(heading);
            return section.is_some();
        }
        line.starts_with(['#', ';'])
            || section.as_ref().is_some_and(|section| is_plain_value(section, line))
    })
}

/// The section of `core]` or `remote "origin"]`; `None` if it isn't plain, or includes other files.
fn section_of(heading: &str) -> Option<String> {
    let heading = heading.strip_suffix(']')?;
    let (name, rest) = heading.split_once(" \"").unwrap_or((heading, "\""));
    let inside = rest.strip_suffix('"')?;
    let name = name.to_ascii_lowercase();
    let is_plain = is_name(&name) && !inside.contains(['"', '\\']) && !name.starts_with("include");
    is_plain.then_some(name)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Whether `key = value` is plain and says nothing unusual about the format.
fn is_plain_value(section: &str, line: &str) -> bool {
    let (key, value) = line.split_once('=').unwrap_or((line, "true"));
    let (key, value) = (key.trim_end().to_ascii_lowercase(), value.trim());
    let is_usual = match (section, key.as_str()) {
        ("core", "repositoryformatversion") => matches!(value, "0" | "1"),
        ("extensions", "objectformat") => value == "sha1",
        ("extensions", key) => EXTENSIONS.contains(&key),
        _ => true,
    };
    is_usual && is_name(&key) && !value.contains(['"', '\\']) && !value.contains(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_configurations_are_told_from_others() {
        let usual = "[core]\n\trepositoryformatversion = 1\n\tbare = false\n# a remark\n\
            [remote \"origin\"]\n\turl = https://example.org/a.git\n\tpromisor = true\n\
            [extensions]\n\tpartialClone = origin\n\tobjectformat = sha1\n[branch \"a.b\"]\nmerge=x\nrebase\n";
        assert!(is_plain_text(usual));
        for other in [
            "[core\n",
            "[core]\n\trepositoryformatversion = 2\n",
            "[extensions]\n\tobjectFormat = sha256\n",
            "[extensions]\n\trefStorage = reftable\n",
            "[include]\n\tpath = other\n",
            "[includeIf \"gitdir:x\"]\n\tpath = other\n",
            "[a \"b\\\"c\"]\nd = e\n",
            "[core]\n1x = 2\n",
            "[core]\nx = \"y\n",
            "[core]\nx = y\\\n",
            "x = y\n",
            "\u{1b}[2J\n",
        ] {
            assert!(!is_plain_text(other), "{other:?}");
        }
    }
}
