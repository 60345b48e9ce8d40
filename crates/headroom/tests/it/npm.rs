//! The npm package `headroom-ai`, as its users have it, against this server.
//!
//! It is installed once, outside of the tree: into `HEADROOM_NPM_DIR`, or the system's folder for
//! temporary files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::client::Server;

/// The folder of the driver and of what pins the package.
const DRIVER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/npm");

#[test]
fn the_npm_sdk_works_unchanged() {
    let installed = installed();
    fs::copy(format!("{DRIVER}/sdk.mjs"), installed.join("sdk.mjs")).unwrap();
    let server = Server::start(&[]);
    let silent = Server::start(&["--no-optimize"]);
    let output = Command::new("node")
        .arg(installed.join("sdk.mjs"))
        .args([server.url(), silent.url()])
        .output()
        .expect("node has to be installed for this test");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    assert!(String::from_utf8_lossy(&output.stdout).ends_with("all well\n"));
}

/// The folder with the package in it. Installed aside and put in place at once, so that a run that
/// is cut off or another one at the same time leaves nothing half.
fn installed() -> PathBuf {
    let lock = fs::read_to_string(format!("{DRIVER}/package-lock.json")).unwrap();
    let folder = std::env::var_os("HEADROOM_NPM_DIR")
        .map_or_else(std::env::temp_dir, PathBuf::from)
        .join(format!("headroom-npm-{}", blob_store::Hash::of(&lock)));
    if !folder.exists() {
        fs::create_dir_all(folder.parent().unwrap()).unwrap();
        let aside = tempfile::tempdir_in(folder.parent().unwrap()).unwrap();
        for file in ["package.json", "package-lock.json"] {
            fs::copy(Path::new(DRIVER).join(file), aside.path().join(file)).unwrap();
        }
        let output = Command::new("npm")
            .args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"])
            .current_dir(aside.path())
            .output()
            .expect("npm has to be installed for this test");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // Another run may have been quicker; then what it installed is there.
        let _ = fs::rename(aside.path(), &folder);
    }
    assert!(folder.join("node_modules/headroom-ai/package.json").is_file());
    folder
}
