//! Compresses standard input, for experiments and measurements: `compress [--task TEXT] [--kind
//! KIND] [--budget N] [--retrieval none] [--originals DIR] [--report]`, or `compress --originals
//! DIR --retrieve HASH`.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use compress::{Options, Retrieval, compress};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut options = Options::default();
    let mut originals: Option<PathBuf> = None;
    let mut retrieve = None;
    let mut report = false;
    let mut arguments = std::env::args().skip(1);
    while let Some(flag) = arguments.next() {
        if flag == "--report" {
            report = true;
            continue;
        }
        let value = arguments.next().ok_or(format!("{flag} needs a value"))?;
        match flag.as_str() {
            "--task" => options.task = value,
            "--kind" => options.kind = Some(value),
            "--budget" => options.budget = Some(value.parse()?),
            "--retrieval" if value == "none" => options.retrieval = Retrieval::None,
            "--originals" => originals = Some(value.into()),
            "--retrieve" => retrieve = Some(value),
            _ => return Err(format!("unknown: {flag} {value}").into()),
        }
    }
    if let (Some(hash), Some(folder)) = (retrieve, &originals) {
        std::io::stdout().write_all(&std::fs::read(folder.join(hash))?)?;
        return Ok(());
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let result = compress(&text, &options);
    if let Some(folder) = originals {
        for omission in &result.omissions {
            if let Some(hash) = omission.hash() {
                std::fs::write(folder.join(hash), &omission.original)?;
            }
        }
    }
    std::io::stdout().write_all(result.text.as_bytes())?;
    if report {
        let mut stderr = std::io::stderr();
        writeln!(
            stderr,
            "{} -> {} tokens: {:?}",
            result.tokens_before, result.tokens_after, result.transforms
        )?;
        for part in &result.chunks {
            writeln!(stderr, "{part:?}")?;
        }
        for omission in &result.omissions {
            writeln!(
                stderr,
                "{} {} in lines {:?}: {:?}",
                omission.count, omission.what, omission.lines, omission.reference
            )?;
        }
    }
    Ok(())
}
