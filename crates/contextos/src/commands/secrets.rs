//! `contextos secrets`: the credentials in a checkout, by path, line, rule and fingerprint.

mod sarif;

use checkout::{FileFinding, ReadOptions, SkipReason};
use serde_json::json;

use crate::args::{Global, SecretsArgs};
use crate::explanation;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::terminal::{Terminal, counted, escape_line};

/// What a checkout contains of credentials.
struct Report {
    findings: Vec<FileFinding>,
    /// Examples of the paths of credential files.
    files: Vec<String>,
    number_of_files: usize,
    /// How many findings the user's settings allow.
    allowed: usize,
}

pub(super) fn run(global: &Global, args: &SecretsArgs, terminal: &Terminal) -> Result<(), Failure> {
    let report = report(global, args, terminal)?;
    if args.sarif {
        terminal.print(&explanation::json(&sarif::document(&report.findings, &report.files)))?;
    } else if args.json {
        terminal.print(&as_json(&report))?;
    } else {
        terminal.print(&as_text(&report))?;
    }
    if report.number_of_files > report.files.len() {
        let more = report.number_of_files - report.files.len();
        terminal.note(&format!("and {}", counted(more, "more credential file")));
    }
    if report.allowed > 0 {
        terminal.note(&format!("{} left out, allowed by your settings", report.allowed));
    }
    let all = report.findings.len() + report.number_of_files;
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
    let files = checkout.skipped.examples(SkipReason::Credentials).to_vec();
    let number_of_files = checkout.skipped.count(SkipReason::Credentials);
    let allowed = settings.allowed_secrets();
    let before = checkout.findings.len();
    let mut findings = checkout.findings;
    findings.retain(|found| !allowed.contains(&found.finding.fingerprint.to_string()));
    let allowed = before - findings.len();
    Ok(Report { findings, files, number_of_files, allowed })
}

fn as_json(report: &Report) -> String {
    let findings: Vec<_> = report
        .findings
        .iter()
        .map(|found| {
            json!({
                "path": found.path,
                "line": found.finding.line,
                "rule": found.finding.rule,
                "fingerprint": found.finding.fingerprint.to_string(),
            })
        })
        .collect();
    explanation::json(&json!({
        "findings": findings,
        "credential_files": report.number_of_files,
        "credential_file_examples": report.files,
        "allowed": report.allowed,
    }))
}

fn as_text(report: &Report) -> String {
    let mut out = String::new();
    for FileFinding { path, finding } in &report.findings {
        let path = escape_line(path);
        out.push_str(&format!(
            "{path}:{}: {}  {}\n",
            finding.line, finding.rule, finding.fingerprint
        ));
    }
    for path in &report.files {
        let path = escape_line(path);
        out.push_str(&format!("{path}: credential file, by its name\n"));
    }
    out
}
