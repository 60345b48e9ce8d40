//! What belongs to a checkout is for git to say: tracked files, its rules, where its own state lies, and
//! what isn't here although it is tracked.

use std::fs;

use checkout::{Git, ReadOptions, SkipReason};
use testkit::TempRepo;

use crate::{paths, read, text};

fn track(repo: &TempRepo, path: &str) {
    repo.git(&["add", "--force", path]);
}

#[test]
fn tracked_files_are_there_whatever_gits_rules_say() {
    let repo = TempRepo::new();
    repo.write(".gitignore", "*\n").write("src/core.py", "x\n").write("src/junk.py", "x\n");
    track(&repo, "src/core.py");
    assert_eq!(paths(&read(&repo)), ["src/core.py"], "everything is ignored");

    let repo = TempRepo::new();
    repo.write(".gitignore", "build/\n*.gen.rs\n")
        .write("build/keep/deep.rs", "x\n")
        .write("build/junk.rs", "x\n")
        .write("build/keep/junk.rs", "x\n")
        .write("a.gen.rs", "x\n")
        .write("b.gen.rs", "x\n")
        .write("c.rs", "x\n");
    track(&repo, "build/keep/deep.rs");
    track(&repo, "a.gen.rs");
    assert_eq!(paths(&read(&repo)), [".gitignore", "a.gen.rs", "build/keep/deep.rs", "c.rs"]);
    let build =
        checkout::read(&repo.path().join("build"), &ReadOptions::default(), &|_| ()).unwrap();
    assert_eq!(paths(&build), ["junk.rs", "keep/deep.rs", "keep/junk.rs"], "asked for by name");
}

#[test]
fn rules_for_programs_like_this_one_have_the_last_word() {
    let repo = TempRepo::new();
    repo.write(".ignore", "fixtures/\n")
        .write(".contextosignore", "*.plan\n")
        .write("fixtures/a.rs", "x\n")
        .write("b.plan", "x\n")
        .write("c.rs", "x\n")
        .commit("all of it");
    assert_eq!(paths(&read(&repo)), [".contextosignore", ".ignore", "c.rs"]);
}

#[test]
fn a_clones_own_rules_count() {
    let repo = TempRepo::new();
    repo.write(".gitignore", "!keep.log\n")
        .write("notes.txt", "x\n")
        .write("keep.log", "x\n")
        .write("a.log", "x\n")
        .write("old.txt", "x\n");
    fs::write(repo.path().join(".git/info/exclude"), b"# \xfcber\n*.log\n/notes.txt\nold.txt\n")
        .unwrap();
    track(&repo, "old.txt");
    assert_eq!(paths(&read(&repo)), [".gitignore", "keep.log", "old.txt"]);

    repo.commit("first");
    let beside = TempRepo::folder();
    let worktree = beside.path().join("side");
    repo.git(&["worktree", "add", "-q", &worktree.display().to_string()]);
    fs::write(worktree.join("b.log"), "x\n").unwrap();
    let checkout = checkout::read(&worktree, &ReadOptions::default(), &|_| ()).unwrap();
    assert!(!paths(&checkout).contains(&"b.log"), "worktrees share the list");
}

#[test]
fn a_line_of_rules_in_another_encoding_costs_no_other() {
    for line in [b"# Ordner f\xfcr Ausgaben\n".as_slice(), b"# \xb9\xfd\xc2\xcb\n", b"M\xfcll/\n"] {
        let repo = TempRepo::new();
        repo.write(".gitignore", [line, b"dist/\n"].concat())
            .write("dist/a.rs", "x\n")
            .write("b.rs", "x\n");
        assert_eq!(paths(&read(&repo)), [".gitignore", "b.rs"], "{line:?}");
    }
}

/// Turns `repo` into the layout of people with many worktrees: `.bare/`, and a `.git` that leads to it.
fn bare_layout(seed: &TempRepo) -> TempRepo {
    let layout = TempRepo::folder();
    let url = seed.path().display().to_string();
    layout.git(&["clone", "-q", "--bare", "--", &url, ".bare"]);
    layout.write(".git", "gitdir: ./.bare\n");
    layout.git(&["worktree", "add", "-q", "main2", "-b", "work"]);
    layout
}

#[test]
fn a_repository_without_a_checkout_is_no_content() {
    let seed = TempRepo::new();
    seed.write("a.rs", "x\n").commit("first");

    let layout = bare_layout(&seed);
    let checkout = read(&layout);
    assert!(checkout.files.is_empty(), "{:?}", paths(&checkout));
    assert_eq!(checkout.skipped.count(SkipReason::BareRepository), 1);
    assert!(checkout.remarks[0].ends_with("worktrees instead: main2"), "{:?}", checkout.remarks);
    let worktree = checkout::read(&layout.path().join("main2"), &ReadOptions::default(), &|_| ());
    assert_eq!(paths(&worktree.unwrap()), ["a.rs"]);

    let outer = TempRepo::folder();
    outer.git(&["clone", "-q", "--bare", "--", &seed.path().display().to_string(), "bare.git"]);
    let bare = outer.path().join("bare.git");
    for root in [bare.clone(), bare.join("hooks"), seed.path().join(".git")] {
        let checkout = checkout::read(&root, &ReadOptions::default(), &|_| ()).unwrap();
        assert!(checkout.files.is_empty(), "{:?}", paths(&checkout));
        assert!(checkout.remarks[0].contains("bare"), "{:?}", checkout.remarks);
    }
    // Seen from outside, whatever its name.
    assert!(read(&outer).files.is_empty());

    // A worktree may stand in the repository that it belongs to.
    outer.git(&["-C", "bare.git", "worktree", "add", "-q", "inner", "-b", "inner"]);
    let inner = checkout::read(&bare.join("inner"), &ReadOptions::default(), &|_| ()).unwrap();
    assert_eq!(paths(&inner), ["a.rs"]);
    let checkout = checkout::read(&bare, &ReadOptions::default(), &|_| ()).unwrap();
    assert!(checkout.remarks[0].ends_with("instead: inner"), "{:?}", checkout.remarks);
}

#[test]
fn what_is_tracked_and_not_here_is_said() {
    let inner = TempRepo::new();
    inner.write("lib.rs", "x\n").commit("first");
    let repo = TempRepo::new();
    repo.write("a/one.rs", "x\n").write("b/two.rs", "x\n").write("b/three.rs", "x\n");
    repo.git(&["submodule", "--quiet", "add", &inner.path().display().to_string(), "libs/inner"]);
    repo.commit("all");
    let checkout = read(&repo);
    assert_eq!(checkout.remarks.len(), 1);
    assert!(checkout.remarks[0].starts_with("1 submodule is not read (libs/inner)"));

    let clone = TempRepo::clone_of(&repo, &[]);
    let checkout = read(&clone);
    assert_eq!(checkout.skipped.examples(SkipReason::NestedRepository), ["libs/inner/"]);
    assert!(checkout.remarks[0].starts_with("1 submodule is not checked out (libs/inner)"));

    clone.git(&["sparse-checkout", "set", "a"]);
    let checkout = read(&clone);
    assert_eq!(paths(&checkout), [".gitmodules", "a/one.rs"]);
    assert_eq!(checkout.skipped.count(SkipReason::Sparse), 2);
    assert!(
        checkout.remarks[0].starts_with("2 tracked files are outside the sparse checkout (b/"),
        "{:?}",
        checkout.remarks
    );
}

#[test]
fn pointers_of_large_file_storage_are_no_content() {
    let pointer = format!(
        "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 12345\n",
        "4d7a".repeat(16)
    );
    let repo = TempRepo::new();
    repo.write("model.json", &pointer)
        .write("docs.md", format!("A pointer looks so:\n\n{pointer}"))
        .commit("all");
    let head = Git::open(repo.path()).unwrap().head().unwrap().id.clone();
    let tree = Git::open(repo.path()).unwrap().tree_at(&head, &ReadOptions::default()).unwrap();
    for checkout in [read(&repo), tree] {
        assert_eq!(paths(&checkout), ["docs.md"]);
        assert_eq!(checkout.skipped.examples(SkipReason::LfsPointer), ["model.json"]);
        assert!(checkout.remarks[0].contains("(model.json)"), "{:?}", checkout.remarks);
    }
}

#[test]
fn tracked_state_of_tools_is_counted() {
    let repo = TempRepo::new();
    repo.write(".idea/a.xml", "<a/>\n").write(".yarn/releases/y.cjs", "x\n").write("a.rs", "x\n");
    repo.commit("all");
    repo.write(".idea/untracked.xml", "<a/>\n");
    let checkout = read(&repo);
    assert_eq!(paths(&checkout), ["a.rs"]);
    assert_eq!(checkout.skipped.count(SkipReason::ToolState), 2);
}

#[test]
fn notebooks_are_read_by_their_cells() {
    let picture = "iVBORw0KGgo".repeat(200_000);
    let notebook = format!(
        r##"{{"nbformat": 4, "metadata": {{}}, "cells": [
            {{"cell_type": "markdown", "source": ["# Churn"]}},
            {{"cell_type": "code", "source": ["def train(frame):\n", "    return frame.fit(depth=3)\n"],
              "outputs": [{{"data": {{"image/png": "{picture}"}}}}]}}]}}"##
    );
    let repo = TempRepo::new();
    repo.write("churn.ipynb", &notebook).write("broken.ipynb", "{\"cells\": [").commit("all");
    let head = Git::open(repo.path()).unwrap().head().unwrap().id.clone();
    let tree = Git::open(repo.path()).unwrap().tree_at(&head, &ReadOptions::default()).unwrap();
    for checkout in [read(&repo), tree] {
        assert_eq!(
            text(&checkout, "churn.ipynb"),
            "# %% [markdown]\n# # Churn\n\n# %%\ndef train(frame):\n    return frame.fit(depth=3)\n"
        );
        let file = checkout.files.iter().find(|file| file.path == "churn.ipynb").unwrap();
        assert_eq!(file.language, syntax::Language::Python);
        assert_eq!(text(&checkout, "broken.ipynb"), "{\"cells\": [", "no notebook: as it is");
    }
}

#[test]
fn credentials_in_outputs_are_found_and_not_shown() {
    let token = format!("ghp_{}", "a1B2c3D4e5F6".repeat(3));
    let notebook = format!(
        r##"{{"cells": [{{"cell_type": "code", "source": "login()",
            "outputs": [{{"text": ["token = {token}"]}}]}}]}}"##
    );
    let repo = TempRepo::new();
    repo.write("a.ipynb", notebook);
    let checkout = read(&repo);
    assert_eq!(text(&checkout, "a.ipynb"), "# %%\nlogin()\n");
    assert_eq!(checkout.findings.len(), 1);
}
