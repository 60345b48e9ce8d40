//! The files that the arguments of a command may refer to: whether they are in the project, and whether a
//! rule about files may concern them.
//!
//! An argument counts as every path that it might contain. This errs on the side of caution: too many
//! files only leave a command unwrapped.

use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

/// The characters that may separate a path from what is before it in an argument (`--out=a`, `@a`).
const BEFORE_PATHS: [char; 5] = ['=', ':', ',', '@', '+'];

/// Whether, for a command that runs in `cwd`, every argument that could be a path stays in `project` and
/// refers to nothing hidden there: names that begin with a dot are repositories, settings, credentials.
pub(super) fn stay_inside(arguments: &[String], project: &Path, cwd: &Path) -> bool {
    let (Ok(project), Ok(cwd)) = (project.canonicalize(), cwd.canonicalize()) else { return false };
    let is_inside = |path: &Path| {
        let target = resolved(path);
        target.strip_prefix(&project).is_ok_and(|rest| !rest.components().any(is_hidden))
    };
    is_inside(&cwd)
        && arguments.iter().all(|argument| {
            candidates(argument).iter().all(|candidate| {
                !candidate.starts_with('~')
                    && !candidate.split('/').any(|part| part == "..")
                    && is_inside(&cwd.join(candidate))
            })
        })
}

/// Whether an argument could refer to a file: it looks like a path, it exists in `cwd`, or one of the
/// `rules` about files contains it.
pub(super) fn could_name_a_file(argument: &str, rules: &[String], cwd: &Path) -> bool {
    candidates(argument).iter().any(|candidate| {
        candidate.contains(['/', '~', '*', '?', '[', '{', '\\'])
            || candidate.contains('.')
            || cwd.join(candidate).symlink_metadata().is_ok()
            || rules.iter().any(|rule| rule.split('/').any(|part| part == *candidate))
    })
}

/// The paths that an argument could contain: itself, its parts between separators, and the value that is
/// attached to a one-letter option.
fn candidates(argument: &str) -> Vec<&str> {
    let mut candidates = vec![argument];
    candidates.extend(argument.split(BEFORE_PATHS));
    if argument.starts_with('-') && !argument.starts_with("--") {
        // `-I/usr/include`, `-fsrc`: the path begins after the letter, or at the first `/`, `.` or `~`.
        candidates.extend(
            argument.char_indices().skip(2).take(1).filter_map(|(at, _)| argument.get(at..)),
        );
        candidates.extend(argument.find(['/', '.', '~']).and_then(|at| argument.get(at..)));
    }
    candidates.retain(|candidate| !candidate.is_empty());
    candidates
}

/// `path` with its links resolved, as far as it exists. The empty path, which is in no project, for a
/// dangling link.
fn resolved(path: &Path) -> PathBuf {
    for above in path.ancestors() {
        if let Ok(real) = above.canonicalize() {
            let rest = path.strip_prefix(above).unwrap_or(Path::new(""));
            return real.join(rest);
        }
        // A command may create the target of a dangling link, wherever that is.
        if above.symlink_metadata().is_ok() {
            return PathBuf::new();
        }
    }
    path.to_owned()
}

fn is_hidden(part: Component<'_>) -> bool {
    matches!(part, Component::Normal(name) if begins_with_dot(name)) || part == Component::ParentDir
}

fn begins_with_dot(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn project() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("p/src")).unwrap();
        fs::create_dir_all(folder.path().join("p/.git")).unwrap();
        fs::write(folder.path().join("p/src/a.rs"), "").unwrap();
        fs::write(folder.path().join("secret"), "").unwrap();
        folder
    }

    fn stays(folder: &Path, argument: &str) -> bool {
        stay_inside(&[argument.to_owned()], &folder.join("p"), &folder.join("p"))
    }

    #[test]
    fn what_stays_in_the_project() {
        let folder = project();
        let inside = folder.path().join("p/src/a.rs");
        for argument in [
            "test",
            "src/a.rs",
            "./src/a.rs",
            "src/new.rs",
            "-la",
            "--features=a,b",
            "--path=src/a.rs",
            "HEAD~3",
            "a..b",
            "--release",
            inside.to_str().unwrap(),
            ".",
        ] {
            assert!(stays(folder.path(), argument), "{argument}");
        }
    }

    #[test]
    fn what_leads_out_or_to_something_hidden() {
        let folder = project();
        for argument in [
            "/etc/passwd",
            "../secret",
            "src/../../secret",
            "~/x",
            "--file=/etc/passwd",
            "--file=../x",
            "-f/etc/passwd",
            "-I../x",
            "a:/etc",
            "@/etc/x",
            "https://x.org",
            ".git/hooks/x",
            ".env",
            "src/.env",
            "-f.env",
            "--file=.git/config",
            "--x=~/y",
            "./../x",
            "..",
            "//etc",
        ] {
            assert!(!stays(folder.path(), argument), "{argument}");
        }
        let p = folder.path().join("p");
        assert!(!stay_inside(&[], &p, folder.path()), "the shell stands outside");
        assert!(!stay_inside(&[], &p, &p.join(".git")), "the shell stands in something hidden");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed() {
        use std::os::unix::fs::symlink;
        let folder = project();
        let p = folder.path().join("p");
        symlink(folder.path().join("secret"), p.join("plain")).unwrap();
        symlink(p.join(".git"), p.join("g")).unwrap();
        symlink(folder.path().join("to-come"), p.join("dangling")).unwrap();
        symlink(p.join("src"), p.join("fine")).unwrap();
        for argument in ["plain", "g/new", "dangling", "--out=plain"] {
            assert!(!stays(folder.path(), argument), "{argument}");
        }
        assert!(stays(folder.path(), "fine/a.rs"));
    }

    #[test]
    fn what_could_name_a_file() {
        let folder = project();
        let p = folder.path().join("p");
        let rules = ["./secrets/**".to_owned(), "notes".to_owned()];
        for argument in [
            "src",
            "./x",
            "a/b",
            "*",
            "~",
            ".env",
            "--in=src",
            "-fsrc",
            "secrets",
            "notes",
            "--out=notes",
            "@src",
            "a:src",
        ] {
            assert!(could_name_a_file(argument, &rules, &p), "{argument}");
        }
        for argument in ["test", "--release", "-v", "--features=a,b", "main", "HEAD"] {
            assert!(!could_name_a_file(argument, &rules, &p), "{argument}");
        }
    }
}
