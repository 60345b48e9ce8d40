//! `contextos secrets`: the credentials in a checkout, by path, line, rule and fingerprint.

mod sarif;

use checkout::{Checkout, FileFinding, ReadOptions, SkipReason};
use secrets::Fingerprint;
use serde_json::json;

use crate::args::{Global, SecretsArgs};
use crate::explanation;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::terminal::{Terminal, counted, escape_line};

/// The rule of files that are credentials by their names.
const FILE_RULE: &str = "credential-file";

/// A credential in a checkout.
struct Found {
    path: String,
    /// The line on which it begins, from 1; `None` if the whole file is one, by its name.
    line: Option<u32>,
    rule: &'static str,
    fingerprint: String,
}

/// What a checkout contains of credentials.
struct Report {
    found: Vec<Found>,
    /// How many credential files aren't listed, since there are too many.
    unlisted_files: usize,
    /// How many the user's settings allow.
    allowed: usize,
}

pub(super) fn run(global: &Global, args: &SecretsArgs, terminal: &Terminal) -> Result<(), Failure> {
    let report = report(global, args, terminal)?;
    if args.sarif {
        terminal.print(&explanation::json(&sarif::document(&report.found)))?;
    } else if args.json {
        terminal.print(&as_json(&report))?;
    } else {
        terminal.print(&as_text(&report))?;
    }
    if report.unlisted_files > 0 {
        let more = counted(report.unlisted_files, "more credential file");
        terminal.note(&format!("and {more}"));
    }
    if report.allowed > 0 {
        terminal.note(&format!("{} left out, allowed by your settings", report.allowed));
    }
    let all = report.found.len() + report.unlisted_files;
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

fn report(global: &Global, args: &SecretsArgs, terminal: &Terminal) -> Result<Report, Failure> {
    let root = global.repository(args.repo.as_deref());
    let settings = Settings::load(&root, global.config.as_deref())?;
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
    let mut found = all_in(&checkout);
    let allowed = settings.allowed_secrets();
    let before = found.len();
    found.retain(|found| !allowed.contains(&found.fingerprint));
    Ok(Report {
        allowed: before - found.len(),
        found,
        unlisted_files: checkout.skipped.count(SkipReason::Credentials)
            - checkout.skipped.examples(SkipReason::Credentials).len(),
    })
}

/// The credentials in the files of `checkout`, then its credential files.
fn all_in(checkout: &Checkout) -> Vec<Found> {
    let findings = checkout.findings.iter().map(|FileFinding { path, finding }| Found {
        path: path.clone(),
        line: Some(finding.line),
        rule: finding.rule,
        fingerprint: finding.fingerprint.to_string(),
    });
    let files = checkout.skipped.examples(SkipReason::Credentials).iter().map(|path| Found {
        path: path.clone(),
        line: None,
        rule: FILE_RULE,
        fingerprint: Fingerprint::of_file(FILE_RULE, path).to_string(),
    });
    findings.chain(files).collect()
}

fn as_json(report: &Report) -> String {
    let findings: Vec<_> = report
        .found
        .iter()
        .map(|found| {
            json!({
                "path": found.path,
                "line": found.line,
                "rule": found.rule,
                "fingerprint": found.fingerprint,
            })
        })
        .collect();
    explanation::json(&json!({
        "findings": findings,
        "unlisted_credential_files": report.unlisted_files,
        "allowed": report.allowed,
    }))
}

fn as_text(report: &Report) -> String {
    let mut out = String::new();
    for Found { path, line, rule, fingerprint } in &report.found {
        let path = escape_line(path);
        let line = line.map_or(String::new(), |line| format!(":{line}"));
        out.push_str(&format!("{path}{line}: {rule}  {fingerprint}\n"));
    }
    out
}
