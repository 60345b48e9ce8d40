//! Every fuzz target is built, described, run by CI, and has a corpus.

use std::fs;
use std::path::Path;

#[test]
fn every_fuzz_target_is_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let read = |path: &str| fs::read_to_string(root.join(path)).expect("a file of the project");
    let (manifest, readme) = (read("fuzz/Cargo.toml"), read("fuzz/README.md"));
    let workflow = read(".github/workflows/ci.yml");
    let mut targets = Vec::new();
    for entry in root.join("fuzz/fuzz_targets").read_dir().expect("the targets").flatten() {
        targets.push(entry.path().file_stem().expect("a name").to_string_lossy().into_owned());
    }
    assert!(targets.len() >= 16, "{targets:?}");
    for target in targets {
        assert!(manifest.contains(&format!("name = \"{target}\"")), "{target} isn't built");
        assert!(readme.contains(&format!("| `{target}` |")), "{target} isn't described");
        assert!(workflow.contains(&format!("- {target}\n")), "CI doesn't run {target}");
        let corpus = root.join("fuzz/corpus").join(&target);
        let inputs = corpus.read_dir().map_or(0, Iterator::count);
        assert!(inputs >= 5, "{target} has {inputs} inputs");
    }
}
