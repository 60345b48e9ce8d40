//! `contextos init`: creates `.contextos/` with the files that people edit, and a `contextos.toml`.

use std::fs;

use crate::args::{Global, InitArgs};
use crate::clock;
use crate::context_dir::{self, ContextDir};
use crate::failure::Failure;
use crate::notes::{decisions, memory, task};
use crate::settings;
use crate::terminal::Terminal;

/// The content of PROJECT_INDEX.md until `scan` writes it.
const PROJECT_INDEX: &str = "# Project Index\n\n> Written by `contextos scan`.\n";

pub(super) fn run(global: &Global, args: &InitArgs, terminal: &Terminal) -> Result<(), Failure> {
    let root = global.repository(args.dir.as_deref());
    let folder = ContextDir::of(&root)?;
    folder.create()?;
    let files = [
        (context_dir::TASK, task::cleared_file(&clock::now())),
        (context_dir::MEMORY, memory::HEAD.to_owned()),
        (context_dir::DECISIONS, decisions::HEAD.to_owned()),
        (context_dir::PROJECT_INDEX, PROJECT_INDEX.to_owned()),
    ];
    for (file, text) in files {
        let shown = ContextDir::shown(file);
        if folder.has(file) && !args.force {
            terminal.note(&format!("kept     {shown}"));
        } else {
            folder.write(file, &text)?;
            terminal.note(&format!("written  {shown}"));
        }
    }
    let shown = settings::REPOSITORY_FILE;
    let path = root.join(shown);
    if fs::symlink_metadata(&path).is_ok() && !args.force {
        terminal.note(&format!("kept     {shown}"));
    } else {
        context_dir::replace(&path, settings::template().as_bytes())
            .map_err(|error| Failure::new(format_args!("{}: {error}", path.display())))?;
        terminal.note(&format!("written  {shown}"));
    }
    Ok(())
}
