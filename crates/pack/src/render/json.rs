//! JSON, for programs. Each span is one line, so that prices add up.

use pack_format::VERSION;
use serde_json::{Value, json};
use syntax::LineRange;

use crate::evidence;
use crate::facts::{Facts, MapEntry};
use crate::render::FormatWriter;

/// Writes JSON.
pub(crate) struct Json;

fn string(text: &str) -> String {
    Value::from(text).to_string()
}

impl FormatWriter for Json {
    fn head(&self, facts: &Facts<'_>, notes: &[String], dirty: bool) -> String {
        let commit = facts.commit.map_or("null".into(), string);
        let mut out = format!(
            "{{\n\"version\":{VERSION},\n\"task\":{},\n\"commit\":{commit},\n\"dirty\":{dirty},\n",
            string(facts.title)
        );
        out.push_str(&format!("\"confidence\":{},\n", string(facts.ranking.confidence.name())));
        if let Some(time) = facts.timestamp {
            out.push_str(&format!("\"made_at\":{},\n", string(time)));
        }
        if !notes.is_empty() {
            out.push_str(&format!("\"notes\":{},\n", json!(notes)));
        }
        out.push_str(if facts.redacted_in_all > 0 {
            "\"redacted\":[\n"
        } else {
            "\"redacted\":[],\n"
        });
        out
    }

    fn redacted(&self, line: &str) -> String {
        format!("{},\n", string(line))
    }

    fn redacted_close(&self, facts: &Facts<'_>) -> String {
        match facts.redacted_in_all {
            0 => String::new(),
            all => format!("\"{all} in the whole repository\"\n],\n"),
        }
    }

    fn listed(&self, _: &Facts<'_>, _: usize, _: usize) -> String {
        String::new()
    }

    fn map(&self, facts: &Facts<'_>, mapped: &[MapEntry]) -> String {
        let mut out = String::from("\"map\":[\n");
        for (at, entry) in mapped.iter().enumerate() {
            let signatures: Vec<Value> = entry
                .signatures
                .iter()
                .map(|(line, text)| json!({"line": line, "text": text}))
                .collect();
            let path = &facts.corpus.files[entry.file].path;
            let comma = if at + 1 < mapped.len() { "," } else { "" };
            out.push_str(&format!("{}{comma}\n", json!({"path": path, "signatures": signatures})));
        }
        out.push_str("],\n");
        out
    }

    fn files_open(&self) -> String {
        "\"files\":[\n".into()
    }

    fn file_open(&self, facts: &Facts<'_>, rank: usize, file: usize, _: &[LineRange]) -> String {
        let source = &facts.corpus.files[file];
        format!(
            "{{\"path\":{},\"language\":{},\"rank\":{rank},\"spans\":[\n",
            string(&source.path),
            string(source.language.name()),
        )
    }

    fn span(&self, facts: &Facts<'_>, file: usize, lines: LineRange, last: bool) -> String {
        let why = facts
            .best_within(file, Some(lines))
            .map(|chunk| evidence::phrases(&chunk, facts.weights))
            .unwrap_or_default();
        let span = json!({
            "start": lines.start,
            "end": lines.end,
            "text": facts.lines[&file].get(lines),
            "evidence": why,
        });
        format!("{span}{}\n", if last { "" } else { "," })
    }

    fn between(&self, _: u32) -> String {
        String::new()
    }

    fn file_close(&self, _: &Facts<'_>, _: usize, last: bool) -> String {
        if last { "]}\n".into() } else { "]},\n".into() }
    }

    fn tail(&self) -> String {
        "]\n}\n".into()
    }
}
