//! Finds the program `headroom` on this machine.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::environment;

/// The first executable of that name in the folders where it is usually installed: those of `PATH`, the
/// one of this program, and those of Python environments and Cargo.
pub(crate) fn find() -> Option<PathBuf> {
    let endings = environment::executable_endings();
    folders().iter().find_map(|folder| in_folder(folder, &endings))
}

fn folders() -> Vec<PathBuf> {
    let mut folders = environment::search_path();
    folders.extend(env::current_exe().ok().and_then(|exe| Some(exe.parent()?.to_owned())));
    let home = environment::home();
    let in_home = |path: &str| home.as_ref().map(|home| home.join(path));
    let scripts = if cfg!(windows) { "Scripts" } else { "bin" };
    folders.extend(in_home(".headroom-venv").map(|environment| environment.join(scripts)));
    folders.extend(environment::virtual_env().map(|environment| environment.join(scripts)));
    folders.extend(in_home(".local/bin"));
    folders.extend(in_home(".cargo/bin"));
    folders
}

fn in_folder(folder: &Path, endings: &[OsString]) -> Option<PathBuf> {
    endings.iter().find_map(|ending| {
        let mut name = OsString::from("headroom");
        name.push(ending);
        let path = folder.join(name);
        is_executable(&path).then_some(path)
    })
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(path: &Path) -> bool {
    path.is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn only_what_can_be_run_counts() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("headroom");
        let endings = [OsString::new()];
        assert_eq!(in_folder(folder.path(), &endings), None);
        std::fs::write(&path, "#!/bin/sh\n").unwrap();
        assert_eq!(in_folder(folder.path(), &endings), None);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(in_folder(folder.path(), &endings), Some(path));
    }
}
