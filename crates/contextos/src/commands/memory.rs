//! `contextos memory`: notes and decisions.

use serde_json::json;

use crate::args::{Global, MemoryArgs, MemoryCommand};
use crate::clock;
use crate::context_dir::{self, ContextDir};
use crate::explanation;
use crate::failure::Failure;
use crate::notes::{decisions, memory};
use crate::place::Place;
use crate::terminal::{Terminal, counted};

pub(super) fn run(global: &Global, args: &MemoryArgs, terminal: &Terminal) -> Result<(), Failure> {
    let folder = ContextDir::of(&Place::of(&global.repository(None))?.root)?;
    match &args.command {
        MemoryCommand::Add { note } => {
            let note = text(note)?;
            let entry = memory::entry(&note, &clock::now());
            folder.append(context_dir::MEMORY, memory::HEAD, &entry)?;
            terminal.note(&format!("added to {}", folder.shown_from_here(context_dir::MEMORY)));
            Ok(())
        }
        MemoryCommand::Decision { text: words, status } => {
            let entry = decisions::entry(&text(words)?, status.name(), &clock::now());
            folder.append(context_dir::DECISIONS, decisions::HEAD, &entry)?;
            terminal.note(&format!("added to {}", folder.shown_from_here(context_dir::DECISIONS)));
            Ok(())
        }
        MemoryCommand::List { no_decisions, json: true, .. } => {
            list_json(&folder, !no_decisions, terminal)
        }
        MemoryCommand::List { no_decisions, .. } => list(&folder, !no_decisions, terminal),
        MemoryCommand::Compact { keep } => compact(&folder, *keep, terminal),
    }
}

/// The words as one text. Credentials are rejected, because these files are meant to be shared.
fn text(words: &[String]) -> Result<String, Failure> {
    let text = words.join(" ").trim().to_owned();
    if text.is_empty() {
        return Err(Failure::usage("the note is empty"));
    }
    match secrets::redact(&text).findings.first() {
        None => Ok(text),
        Some(finding) => Err(Failure::new(format_args!(
            "not saved: the text contains a credential ({}); describe where it is kept instead",
            finding.rule
        ))),
    }
}

fn list(folder: &ContextDir, decisions: bool, terminal: &Terminal) -> Result<(), Failure> {
    let mut texts = Vec::new();
    texts.extend(folder.read(context_dir::MEMORY)?);
    if decisions {
        texts.extend(folder.read(context_dir::DECISIONS)?);
    }
    if texts.is_empty() {
        terminal.note("no notes yet; `contextos memory add \"…\"` adds one");
        return Ok(());
    }
    terminal.print(&texts.join("\n"))
}

fn list_json(
    folder: &ContextDir,
    with_decisions: bool,
    terminal: &Terminal,
) -> Result<(), Failure> {
    let notes = folder.read(context_dir::MEMORY)?.unwrap_or_default();
    let mut all = json!({ "notes": memory::entries(&notes) });
    if with_decisions {
        let text = folder.read(context_dir::DECISIONS)?.unwrap_or_default();
        let entry = |(title, text)| json!({ "title": title, "text": text });
        all["decisions"] = decisions::entries(&text).into_iter().map(entry).collect();
    }
    terminal.print(&explanation::json(&all))
}

fn compact(folder: &ContextDir, keep: usize, terminal: &Terminal) -> Result<(), Failure> {
    let (mut duplicates, mut oldest) = (0, 0);
    let archive = context_dir::MEMORY_ARCHIVE;
    folder.archive(context_dir::MEMORY, archive, memory::ARCHIVE_HEAD, |text| {
        let compacted = memory::compact(text, keep);
        (duplicates, oldest) = (compacted.duplicates, compacted.oldest);
        (compacted.file, compacted.archived)
    })?;
    if duplicates + oldest == 0 {
        terminal.note("nothing to compact");
    } else {
        let archive = folder.shown_from_here(archive);
        terminal.note(&format!(
            "{} and {} moved to {archive}",
            counted(duplicates, "duplicate"),
            counted(oldest, "old note")
        ));
    }
    Ok(())
}
