//! The findings as SARIF 2.1.0, the format of code scanning services
//! (docs.oasis-open.org/sarif/sarif/v2.1.0).

use std::collections::BTreeSet;

use checkout::FileFinding;
use serde_json::{Value, json};

/// The rule of files that are credentials by their names.
const FILE_RULE: &str = "credential-file";

/// The document with one result for each finding and for each credential file.
pub(super) fn document(findings: &[FileFinding], files: &[String]) -> Value {
    let mut rules: BTreeSet<&str> = findings.iter().map(|found| found.finding.rule).collect();
    if !files.is_empty() {
        rules.insert(FILE_RULE);
    }
    let rules: Vec<Value> = rules.iter().map(|rule| json!({"id": rule})).collect();
    let found = findings.iter().map(|FileFinding { path, finding }| {
        let mut result = result(finding.rule, path, "A credential");
        result["locations"][0]["physicalLocation"]["region"] = json!({"startLine": finding.line});
        result["partialFingerprints"] = json!({"credential/v1": finding.fingerprint.to_string()});
        result
    });
    let files =
        files.iter().map(|path| result(FILE_RULE, path, "A file that is a credential by its name"));
    let results: Vec<Value> = found.chain(files).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "contextos",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "results": results,
        }],
    })
}

fn result(rule: &str, path: &str, what: &str) -> Value {
    json!({
        "ruleId": rule,
        "level": "error",
        "message": {"text": format!("{what} ({rule})")},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(path)}}}],
    })
}

/// A relative URI: everything but unreserved characters and `/` is escaped (RFC 3986).
fn uri(path: &str) -> String {
    path.bytes()
        .map(|byte| match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect()
}
