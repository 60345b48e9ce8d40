//! `headroom compress [FILE]`

use std::fs::File;
use std::io::{self, IsTerminal as _, Read, Write as _};
use std::path::Path;

use blob_store::{CompressionResult, Compressor};
use compress::{Compressed, Options};
use serde_json::json;

use crate::args::{CompressArgs, Retrieval};
use crate::config::Config;
use crate::failure::Failure;
use crate::output::{self, note};

/// The largest text that is compressed, in bytes; the same as the server's default.
const LONGEST: u64 = 100 << 20;

/// Prints a text compressed.
pub(crate) fn run(args: CompressArgs) -> Result<(), Failure> {
    let file = args.file.as_deref().filter(|path| *path != Path::new("-"));
    let mut input = open(file)?;
    let mut bytes = Vec::new();
    let failed = |error: io::Error| Failure::new(format!("can't read the text: {error}"));
    input.by_ref().take(LONGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LONGEST {
        if args.json {
            return Err(Failure::new("the text is larger than 100 MiB"));
        }
        note("note: the text is larger than 100 MiB; it is printed unchanged");
        return pass_on(&bytes, input);
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) if args.json => return Err(Failure::new("the input isn't UTF-8 text")),
        Err(error) => {
            note("note: the input isn't UTF-8 text; it is printed unchanged");
            return pass_on(error.as_bytes(), input);
        }
    };

    let model = args.model.unwrap_or(tokens::Model { encoding: Default::default(), factor: 1.0 });
    let options = Options {
        task: args.task.clone(),
        kind: args.kind.clone().or_else(|| file.map(|path| path.to_string_lossy().into_owned())),
        retrieval: match args.retrieval {
            Retrieval::Offered => compress::Retrieval::Offered,
            Retrieval::None => compress::Retrieval::None,
        },
        budget: args.budget.map(|budget| model.budget_in_encoding(budget)),
        encoding: model.encoding,
        ..Options::default()
    };
    let outcome = compress(&args, &text, options)?;
    report_trouble(&outcome);
    if args.explain {
        explain(&outcome.compressed, &model);
    }
    match args.json {
        true => output::print(&as_json(&outcome.compressed, &model)),
        false => output::print(&outcome.compressed.text),
    }
}

/// Compresses, and opens the store only if lines may be elided. Without a store, compression is lossless
/// rather than an error: a program in a pipe must pass its input on.
fn compress(
    args: &CompressArgs,
    text: &str,
    options: Options,
) -> Result<CompressionResult, Failure> {
    let config = Config::read().map_err(note_failure).ok();
    // What may be left out isn't known without the user's settings.
    let is_lossless = config.as_ref().is_none_or(|config| config.lossless == Some(true));
    let limits = config.and_then(|config| config.text_limits());
    let opened = match options.retrieval {
        _ if is_lossless => Ok(None),
        compress::Retrieval::Offered => args.store.shared().map(Some),
        compress::Retrieval::None => Ok(None),
    };
    let shared = opened.or_else(|failure| match failure.is_usage() {
        true => Err(failure),
        false => {
            note_failure(failure);
            Ok(None)
        }
    })?;
    let compressor = shared.map_or_else(Compressor::lossless, Compressor::new).within(limits);
    Ok(compressor.compress(text, &options))
}

/// Says why nothing is left out.
fn note_failure(failure: Failure) {
    note(format!("note: compressed without omissions: {}", failure.message()));
}

fn open(file: Option<&Path>) -> Result<Box<dyn Read>, Failure> {
    match file {
        Some(path) => match File::open(path) {
            Ok(file) => Ok(Box::new(file)),
            Err(error) => Err(Failure::new(format!("can't read {}: {error}", path.display()))),
        },
        None => {
            if io::stdin().is_terminal() {
                note("reading from the terminal; Ctrl-D ends the text (see also --help)");
            }
            Ok(Box::new(io::stdin()))
        }
    }
}

fn pass_on(begun: &[u8], mut rest: impl Read) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = out.write_all(begun).and_then(|()| io::copy(&mut rest, &mut out));
    written.and_then(|_| out.flush()).map_err(|error| Failure::of_output(&error))
}

fn report_trouble(outcome: &CompressionResult) {
    if let Some(error) = &outcome.not_kept {
        note(format!("note: compressed without omissions: {error}"));
    }
    if outcome.failed {
        note("note: a part of the text is unchanged because compressing it failed");
    }
}

fn as_json(compressed: &Compressed, model: &tokens::Model) -> String {
    let (before, after) =
        (model.estimate(compressed.tokens_before), model.estimate(compressed.tokens_after));
    let parts = compressed.chunks.iter().map(|part| {
        json!({
            "kind": part.kind.name(),
            "lines": part.lines,
            "tokens_before": part.tokens_before,
            "tokens_after": part.tokens_after,
            "transform": part.transform,
        })
    });
    let gaps = compressed.omissions.iter().map(|gap| {
        json!({ "hash": gap.hash(), "count": gap.count, "what": gap.what, "lines": gap.lines })
    });
    let mut hashes: Vec<&str> = compressed.omissions.iter().filter_map(|gap| gap.hash()).collect();
    hashes.sort_unstable();
    hashes.dedup();
    let report = json!({
        "text": compressed.text,
        "tokens_before": before,
        "tokens_after": after,
        "tokens_saved": before.saturating_sub(after),
        "compression_ratio": if before == 0 { 1.0 } else { after as f64 / before as f64 },
        "transforms_applied": compressed.transforms,
        "ccr_hashes": hashes,
        "parts": parts.collect::<Vec<_>>(),
        "gaps": gaps.collect::<Vec<_>>(),
    });
    format!("{report}\n")
}

/// Prints what was done, for people.
fn explain(compressed: &Compressed, model: &tokens::Model) {
    let (before, after) =
        (model.estimate(compressed.tokens_before), model.estimate(compressed.tokens_after));
    let percent = before.saturating_sub(after) * 100 / before.max(1);
    note(format!("{before} tokens → {after} ({percent} % saved)"));
    for part in &compressed.chunks {
        note(format!(
            "  lines {}-{}  {:<12} {:>8} → {:<8} {}",
            part.lines.0,
            part.lines.1,
            part.kind.name(),
            part.tokens_before,
            part.tokens_after,
            part.transform.as_deref().unwrap_or("unchanged"),
        ));
    }
    for gap in &compressed.omissions {
        note(format!(
            "  omitted: {} {} (lines {}-{}){}",
            gap.count,
            gap.what,
            gap.lines.0,
            gap.lines.1,
            gap.hash().map(|hash| format!("; headroom retrieve {hash}")).unwrap_or_default(),
        ));
    }
}
