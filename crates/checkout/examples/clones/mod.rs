//! The clones that tables of words are made from.

use std::error::Error;
use std::io::Write;
use std::path::Path;

use checkout::Git;

/// Calls `each` with the clones that are the program's arguments, one after the other: the path, the repository and its
/// HEAD. Before that, a line of `out` says which repository it is, and at which commit.
pub(crate) fn read(
    out: &mut impl Write,
    mut each: impl FnMut(&str, &Git, &str) -> Result<(), Box<dyn Error>>,
) -> Result<(), Box<dyn Error>> {
    for clone in std::env::args().skip(1) {
        let git = Git::open(Path::new(&clone))?;
        let head = git.head().map(|head| head.id.clone()).ok_or("no commit")?;
        let name = Path::new(&clone).file_name().unwrap_or_default().to_string_lossy();
        writeln!(out, "# {name} {head}")?;
        each(&clone, &git, &head)?;
    }
    Ok(())
}
