//! `contextos secrets`: the credentials in a checkout, by path, line and rule.

use checkout::{ReadOptions, SkipReason};
use serde_json::json;

use crate::args::{Global, SecretsArgs};
use crate::explanation;
use crate::failure::Failure;
use crate::terminal::{Terminal, counted};

pub(super) fn run(global: &Global, args: &SecretsArgs, terminal: &Terminal) -> Result<(), Failure> {
    let root = global.repository(args.repo.as_deref());
    let progress = terminal.progress();
    progress.stage("reading");
    let options = ReadOptions::default();
    let checkout = checkout::read(&root, &options, &|p| progress.count(p.read, p.total))
        .map_err(Failure::new)?;
    drop(progress);
    for remark in &checkout.remarks {
        terminal.warn(remark);
    }
    for unreadable in &checkout.unreadable {
        terminal.warn(&format!("{}: {}", unreadable.path, unreadable.reason));
    }
    let files = checkout.skipped.examples(SkipReason::Credentials);
    let number_of_files = checkout.skipped.count(SkipReason::Credentials);
    if args.json {
        let findings: Vec<_> = checkout
            .findings
            .iter()
            .map(|f| json!({"path": f.path, "line": f.finding.line, "rule": f.finding.rule}))
            .collect();
        terminal.print(&explanation::json(&json!({
            "findings": findings,
            "credential_files": number_of_files,
            "credential_file_examples": files,
        })))?;
    } else {
        let mut out = String::new();
        for found in &checkout.findings {
            let (path, line, rule) = (&found.path, found.finding.line, found.finding.rule);
            out.push_str(&format!("{path}:{line}: {rule}\n"));
        }
        for path in files {
            out.push_str(&format!("{path}: credential file, by its name\n"));
        }
        terminal.print(&out)?;
    }
    if number_of_files > files.len() {
        let more = number_of_files - files.len();
        terminal.note(&format!("and {}", counted(more, "more credential file")));
    }
    let all = checkout.findings.len() + number_of_files;
    terminal.note(&match all {
        0 => "no credentials found".to_owned(),
        _ => format!("{} found; packs contain none of them", counted(all, "credential")),
    });
    if args.check && all > 0 {
        return Err(Failure::check(format_args!(
            "the checkout contains {}",
            counted(all, "credential")
        )));
    }
    Ok(())
}
