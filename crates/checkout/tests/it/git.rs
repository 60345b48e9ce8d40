//! History, patches, trees and differences, in every shape of repository.

use std::fs;

use checkout::{Git, GitError, ReadOptions};
use select::HistoryStatus;
use testkit::TempRepo;

use crate::{paths, read, text};

fn open(repo: &TempRepo) -> Git {
    Git::open(repo.path()).unwrap()
}

/// Three commits, the second of which changes a file in a folder.
fn three() -> (TempRepo, Vec<String>) {
    let repo = TempRepo::new();
    let first =
        repo.write("a.rs", "fn one() {\n    1\n}\n").write("web/b.js", "b\n").commit("first");
    let second = repo.write("web/b.js", "b\nc\n").commit("second: a line more\n\nand why");
    let third = repo.write("a.rs", "fn one() {\n    2\n}\n").remove("web/b.js").commit("third");
    (repo, vec![first, second, third])
}

#[test]
fn history_is_newest_first_without_the_first_commit() {
    let (repo, ids) = three();
    let git = open(&repo);
    let head = git.head().unwrap();
    assert_eq!((head.id.as_str(), head.time), (ids[2].as_str(), 1_704_067_200 + 7_200));
    let history = git.history().unwrap();
    assert_eq!(history.status, HistoryStatus::Full);
    assert_eq!(history.head_time, head.time);
    let [third, second] = history.commits.as_slice() else { panic!("{history:?}") };
    assert_eq!(third.paths, ["a.rs", "web/b.js"]);
    assert_eq!(second.message, "second: a line more\n\nand why\n");
    assert_eq!((&second.id, second.time), (&ids[1], 1_704_067_200 + 3_600));
    assert_eq!(second.paths, ["web/b.js"]);
}

#[test]
fn patches_have_no_context_and_keep_the_order_asked_for() {
    let (repo, ids) = three();
    let git = open(&repo);
    let patches = git.patches(&[&ids[1], "not an id", &ids[2]]).unwrap();
    let [second, third] = patches.as_slice() else { panic!("{patches:?}") };
    assert_eq!(second.commit, ids[1]);
    assert_eq!(second.hunks.len(), 1);
    assert_eq!(
        (second.hunks[0].path.as_str(), &second.hunks[0].added),
        ("web/b.js", &vec!["c".to_owned()])
    );
    assert_eq!(third.hunks[0].path, "a.rs");
    assert_eq!(third.hunks[0].heading, "fn one() {");
    assert_eq!(third.hunks[0].old_start, 2);
    assert_eq!(second.hunks[0].old_start, 1, "added behind line 1");
    assert_eq!(
        (&third.hunks[0].removed[0], &third.hunks[0].added[0]),
        (&"    1".to_owned(), &"    2".to_owned())
    );
    assert_eq!(
        (third.hunks[1].path.as_str(), third.hunks[1].removed.len()),
        ("web/b.js", 2),
        "removed"
    );
}

#[test]
fn lines_that_look_like_a_patch_are_lines() {
    let repo = TempRepo::new();
    repo.write("a.sql", "x\n").commit("first");
    let evil = "-- a/other.rs\n++ b/other.rs\n@@ -1 +1 @@ no\ndiff --git a/x b/x\n1234567890123456789012345678901234567890\n";
    repo.write("a.sql", evil).commit("second");
    let id = repo.write("a.sql", "y\n").commit("third");
    let patches = open(&repo).patches(&[&id]).unwrap();
    assert_eq!(patches.len(), 1);
    let [hunk] = patches[0].hunks.as_slice() else { panic!("{patches:?}") };
    assert_eq!(hunk.path, "a.sql");
    assert_eq!(hunk.removed, evil.lines().collect::<Vec<_>>());
    assert_eq!(hunk.added, ["y"]);
}

#[test]
fn odd_names_keep_their_hunks() {
    let repo = TempRepo::new();
    let names = ["with space.rs", "grö\u{df}e.rs", "quote\"d.rs", "-dash.rs", "a -> b.rs"];
    for name in names {
        repo.write(name, "x\n");
    }
    repo.commit("first");
    for name in names {
        repo.write(name, "y\n");
    }
    let id = repo.commit("second");
    let git = open(&repo);
    let mut expected = names.map(str::to_owned).to_vec();
    expected.sort_unstable();
    assert_eq!(git.history().unwrap().commits[0].paths, expected);
    let patch = &git.patches(&[&id]).unwrap()[0];
    assert_eq!(patch.hunks.iter().map(|hunk| hunk.path.clone()).collect::<Vec<_>>(), expected);
    assert!(!git.differs(names).unwrap());
}

#[test]
fn merges_and_mass_changes_are_left_out() {
    let repo = TempRepo::new();
    repo.write("a.rs", "1\n").commit("first");
    for n in 0..31 {
        repo.write(format!("many/{n}.rs"), "x\n");
    }
    repo.commit("mass change");
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("side.rs", "1\n").commit("on the side");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("a.rs", "2\n").commit("on main");
    repo.git(&["merge", "-q", "--no-ff", "-m", "merged", "side"]);
    let history = open(&repo).history().unwrap();
    let mut messages: Vec<_> = history.commits.iter().map(|c| c.message.trim()).collect();
    messages.sort_unstable();
    assert_eq!(messages, ["on main", "on the side"]);
}

#[test]
fn paths_are_relative_to_a_folder_inside() {
    let (repo, ids) = three();
    repo.write("web/c.js", "1\n").commit("fourth");
    let git = Git::open(&repo.path().join("web")).unwrap();
    let history = git.history().unwrap();
    let paths_of: Vec<_> = history.commits.iter().map(|commit| commit.paths.clone()).collect();
    assert_eq!(paths_of, [["c.js"], ["b.js"], ["b.js"]]);
    let patch = &git.patches(&[&ids[2]]).unwrap()[0];
    assert_eq!(patch.hunks.len(), 1, "a.rs lies outside");
    assert_eq!(paths(&git.tree_at(&ids[1], &ReadOptions::default()).unwrap()), ["b.js"]);
    assert!(!git.differs(["c.js"]).unwrap());
}

#[test]
fn a_worktree_and_a_submodule_have_their_own_head() {
    let (repo, ids) = three();
    let beside = TempRepo::folder();
    let worktree = beside.path().join("worktree");
    repo.git(&["worktree", "add", "-q", "--detach", &worktree.display().to_string(), &ids[1]]);
    let git = Git::open(&worktree).unwrap();
    assert_eq!(git.head().unwrap().id, ids[1]);
    assert!(!git.differs(["a.rs", "web/b.js"]).unwrap());

    let outer = TempRepo::new();
    outer.write("o.rs", "x\n");
    let url = repo.path().display().to_string();
    outer.git(&["submodule", "--quiet", "add", &url, "inner"]);
    outer.commit("with a submodule");
    let inner = Git::open(&outer.path().join("inner")).unwrap();
    assert_eq!(inner.head().unwrap().id, ids[2]);
    assert_eq!(inner.history().unwrap().commits.len(), 2);
    let tree =
        open(&outer).tree_at(&open(&outer).head().unwrap().id.clone(), &ReadOptions::default());
    assert_eq!(paths(&tree.unwrap()), [".gitmodules", "o.rs"]);
    assert_eq!(paths(&read(&outer)), [".gitmodules", "o.rs"]);
}

#[test]
fn a_shallow_clone_says_so_and_skips_its_boundary() {
    let (repo, ids) = three();
    let clone = TempRepo::clone_of(&repo, &["--depth=2"]);
    let history = open(&clone).history().unwrap();
    assert_eq!(history.status, HistoryStatus::Shallow);
    assert_eq!(history.commits.iter().map(|c| &c.id).collect::<Vec<_>>(), [&ids[2]]);
    let deepest = TempRepo::clone_of(&repo, &["--depth=1"]);
    let history = open(&deepest).history().unwrap();
    assert_eq!((history.status, history.commits.len()), (HistoryStatus::Shallow, 0));
}

#[test]
fn a_partial_clone_does_not_fetch() {
    let (repo, _) = three();
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let clone = TempRepo::clone_of(&repo, &["--filter=blob:none", "--no-checkout"]);
    let git = open(&clone);
    assert_eq!(git.history().unwrap().commits.len(), 2, "trees are there");
    let head = git.head().unwrap().id.clone();
    let tree = git.tree_at(&head, &ReadOptions::default()).unwrap();
    assert!(tree.files.is_empty());
    assert_eq!(tree.unreadable.len(), 1);
    // Still nothing came over: the pack of the clone has no blobs.
    let objects = clone.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objecttype)"]);
    assert!(!objects.contains("blob"), "{objects}");
}

#[test]
fn without_commits_or_without_git_there_is_no_history() {
    let empty = TempRepo::new();
    let git = open(&empty);
    assert!(git.head().is_none());
    assert_eq!(git.history().unwrap(), select::History::default());
    assert!(git.differs(["a.rs"]).unwrap(), "nothing is committed");
    assert!(matches!(Git::open(TempRepo::folder().path()), Err(GitError::NotARepository)));
}

#[test]
fn sha256_repositories_work_alike() {
    let repo = TempRepo::with_object_format("sha256");
    repo.write("a.rs", "fn one() {\n    1\n}\n").commit("first");
    let id = repo.write("a.rs", "fn one() {\n    2\n}\n").commit("second");
    assert_eq!(id.len(), 64);
    let git = open(&repo);
    assert_eq!(git.history().unwrap().commits[0].id, id);
    assert_eq!(git.patches(&[&id]).unwrap()[0].hunks[0].heading, "fn one() {");
    assert_eq!(paths(&git.tree_at(&id, &ReadOptions::default()).unwrap()), ["a.rs"]);
    assert!(!git.differs(["a.rs"]).unwrap());
    repo.write("a.rs", "changed\n");
    assert!(git.differs(["a.rs"]).unwrap());
}

#[test]
fn differences_are_told_by_content() {
    let (repo, _) = three();
    repo.write("untracked.rs", "x\n").write("web/d.js", "1\n2\n").commit("more");
    repo.write("later.rs", "x\n");
    let git = open(&repo);
    assert!(!git.differs(["a.rs", "web/d.js"]).unwrap());
    assert!(!git.differs([]).unwrap());
    assert!(git.differs(["a.rs", "later.rs"]).unwrap(), "not committed");
    repo.write("web/d.js", "1\r\n2\r\n");
    assert!(!git.differs(["web/d.js"]).unwrap(), "as core.autocrlf would check it out");
    repo.write("web/d.js", "1\r\n3\r\n");
    assert!(git.differs(["web/d.js"]).unwrap());
    repo.remove("web/d.js");
    assert!(git.differs(["web/d.js"]).unwrap());
}

#[test]
fn a_tree_reads_as_its_checkout_did() {
    let repo = TempRepo::new();
    repo.write("src/a.rs", "fn a() {}\r\n")
        .write("vendor/x.go", "x\n")
        .write("logo.png", b"\0")
        .write("node_modules/a/i.js", "x\n")
        .write(".env", "A=1\n")
        .write("docs/über.md", "# Ü\n");
    let id = repo.commit("all");
    let (disk, tree) = (read(&repo), open(&repo).tree_at(&id, &ReadOptions::default()).unwrap());
    assert_eq!(paths(&disk), ["docs/über.md", "src/a.rs"]);
    assert_eq!(paths(&tree), paths(&disk));
    assert_eq!(text(&tree, "src/a.rs"), "fn a() {}\n");
    assert_eq!(tree.skipped.count(checkout::SkipReason::Vendored), 2);
    assert!(tree.root.is_none());
}

#[test]
fn revisions_resolve_and_changes_are_listed() {
    let (repo, ids) = three();
    let git = open(&repo);
    assert_eq!(git.resolve("HEAD~1").unwrap(), ids[1]);
    assert_eq!(git.resolve(&ids[0][..10]).unwrap(), ids[0]);
    assert_eq!(git.changed_since(&ids[1]).unwrap(), ["a.rs", "web/b.js"]);
    assert!(git.changed_since("HEAD").is_err(), "resolve it first");
    for unknown in ["nowhere", "", "--all", "HEAD:a.rs"] {
        assert!(git.resolve(unknown).is_err(), "{unknown}");
    }
}

#[test]
fn replacements_and_grafts_of_one_clone_do_not_matter() {
    let (repo, ids) = three();
    let before = open(&repo).history().unwrap();
    repo.git(&["replace", &ids[1], &ids[0]]);
    fs::write(repo.path().join(".git/info/grafts"), format!("{}\n", ids[2])).unwrap();
    assert_eq!(open(&repo).history().unwrap(), before);
}

#[test]
fn attributes_of_the_work_tree_do_not_change_patches() {
    let (repo, ids) = three();
    let before = open(&repo).patches(&[&ids[2]]).unwrap();
    repo.write(".gitattributes", "* -diff\n");
    assert_eq!(open(&repo).patches(&[&ids[2]]).unwrap(), before);
}

#[test]
fn a_repository_can_be_looked_at_as_it_was() {
    let (repo, ids) = three();
    let then = open(&repo).at("HEAD^").unwrap();
    assert_eq!(then.head().unwrap().id, ids[1]);
    let history = then.history().unwrap();
    assert_eq!(history.head_time, 1_704_067_200 + 3_600);
    assert_eq!(history.commits.iter().map(|c| &c.id).collect::<Vec<_>>(), [&ids[1]]);
    assert!(open(&repo).at("HEAD~3").is_err());
}

/// Runs one ignored test of this binary with `variables` and returns what it printed.
fn in_a_process_with(test: &str, variables: &[(&str, &str)]) -> String {
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture"]).envs(variables.iter().copied());
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{printed}\n{}", String::from_utf8_lossy(&output.stderr));
    printed
}

#[test]
#[ignore = "run by other tests, in a process with its own environment"]
fn says_what_it_sees() {
    let path = std::env::var("CHECKOUT").unwrap();
    match Git::open(std::path::Path::new(&path)) {
        Ok(git) => {
            let history = git.history().unwrap();
            println!("{:?} {:?}", git.head(), history);
            println!("{:?}", git.patches(&[&git.head().unwrap().id]).unwrap());
        }
        Err(error) => println!("error: {error}"),
    }
}

#[test]
fn the_environment_does_not_matter() {
    let (repo, _) = three();
    let path = repo.path().display().to_string();
    let other = TempRepo::new();
    other.write("other.rs", "x\n").commit("other");
    other.write(
        "gitconfig",
        "[core]\n\tquotePath = true\n[diff]\n\tnoprefix = true\n\trenames = copies\n",
    );
    let file = |name: &str| other.path().join(name).display().to_string();
    let seen = |variables: &[(&str, &str)]| {
        let mut all = vec![("CHECKOUT", path.as_str())];
        all.extend_from_slice(variables);
        let printed = in_a_process_with("git::says_what_it_sees", &all);
        printed
            .lines()
            .filter(|line| line.contains("Head {") || line.contains("Patch {"))
            .collect::<String>()
    };
    let plain = seen(&[]);
    assert!(plain.contains("third"), "{plain}");
    for variables in [
        [("GIT_DIR", file(".git")), ("GIT_WORK_TREE", file(""))],
        [("GIT_CONFIG_GLOBAL", file("gitconfig")), ("TZ", "Asia/Tokyo".to_owned())],
        [("HOME", file("")), ("LC_ALL", "de_DE.UTF-8".to_owned())],
        [("GIT_OBJECT_DIRECTORY", file("")), ("GIT_INDEX_FILE", file("x"))],
        [("GIT_CONFIG_COUNT", "1".to_owned()), ("GIT_CONFIG_KEY_0", "diff.context".to_owned())],
        [("GIT_EXTERNAL_DIFF", "false".to_owned()), ("GIT_TRACE", "1".to_owned())],
        [("GIT_DIFF_OPTS", "-u9".to_owned()), ("GIT_ICASE_PATHSPECS", "1".to_owned())],
    ] {
        let variables = variables.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(seen(&variables), plain, "{variables:?}");
    }
}

#[test]
fn without_git_it_says_so() {
    let (repo, _) = three();
    let path = repo.path().display().to_string();
    let printed =
        in_a_process_with("git::says_what_it_sees", &[("CHECKOUT", &path), ("PATH", "/nowhere")]);
    assert!(printed.contains("error: git isn't in PATH"), "{printed}");
}

/// Only the superuser can give a folder away.
#[cfg(unix)]
#[test]
fn somebody_elses_checkout_is_refused_until_the_user_allows_it() {
    let (repo, _) = three();
    if std::os::unix::fs::chown(repo.path(), Some(12_345), None).is_err() {
        return;
    }
    std::os::unix::fs::chown(repo.path().join(".git"), Some(12_345), None).unwrap();
    let (path, home) = (repo.path().display().to_string(), TempRepo::folder());
    let home_path = home.path().display().to_string();
    let variables =
        [("CHECKOUT", path.as_str()), ("HOME", &home_path), ("XDG_CONFIG_HOME", &home_path)];
    let printed = in_a_process_with("git::says_what_it_sees", &variables);
    assert!(printed.contains(&format!("safe.directory '{path}'")), "{printed}");
    home.write(".gitconfig", format!("[safe]\n\tdirectory = {path}\n"));
    let printed = in_a_process_with("git::says_what_it_sees", &variables);
    assert!(printed.contains("third"), "{printed}");
}
