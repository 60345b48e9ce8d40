//! The findings as SARIF 2.1.0, the format of code scanning services
//! (docs.oasis-open.org/sarif/sarif/v2.1.0).

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Found;

/// The document with one result for each of `found`.
pub(super) fn document(found: &[Found]) -> Value {
    let rules: BTreeSet<&str> = found.iter().map(|found| found.rule).collect();
    let rules: Vec<Value> = rules.iter().map(|rule| json!({"id": rule})).collect();
    let results: Vec<Value> = found.iter().map(result).collect();
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

fn result(found: &Found) -> Value {
    let rule = found.rule;
    let what = match found.line {
        Some(_) => "A credential",
        None => "A file that is a credential by its name",
    };
    let mut result = json!({
        "ruleId": rule,
        "level": "error",
        "message": {"text": format!("{what} ({rule})")},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": uri(&found.path)}}}],
        "partialFingerprints": {"credential/v1": found.fingerprint},
    });
    if let Some(line) = found.line {
        result["locations"][0]["physicalLocation"]["region"] = json!({"startLine": line});
    }
    result
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
