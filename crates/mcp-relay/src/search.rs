//! The two tools in place of all (`--lazy`): what a model sees of them, and how the first ranks.

use std::collections::BTreeSet;

use json_index::{Kind, Value};

use crate::catalog::{Catalog, Tool};
use crate::message::{index, json_string, text_at};

/// The tool that finds tools.
pub(crate) const SEARCH: &str = "search_tools";
/// The tool that calls them.
pub(crate) const CALL: &str = "call_tool";

/// The most tools that a query finds. By hand: three or four are what a query is about.
const MOST_FOUND: usize = 6;
/// The most bytes of definitions in a result; of the rest only names are given.
const MOST_BYTES: usize = 24_000;
/// The most bytes of names in the description of [`SEARCH`].
const MOST_NAMES: usize = 600;
/// The share of the best score that others need in order to be found. By hand.
const LEAST_SHARE: f64 = 0.25;
/// What a word counts where it occurs: in the name, the description, the names of parameters, and in what is
/// said about those. By hand: names are chosen to say what a tool does.
const WEIGHTS: [f64; 4] = [6.0, 2.0, 1.5, 0.5];
/// What the beginning of a word counts, as a share of the word. By hand.
const BEGINNING: f64 = 0.6;
/// The shortest beginning of a word that counts, in characters.
const SHORTEST: usize = 3;

/// The definitions of the two tools, for a catalog.
pub(crate) fn definitions(catalog: &Catalog) -> [String; 2] {
    let names: Vec<&str> = catalog.tools().iter().map(|tool| &*tool.name).collect();
    let about = format!(
        "Find tools by what they do; gives their schemas, for {CALL}. There are {}: {}",
        names.len(),
        joined(&names, MOST_NAMES)
    );
    [
        format!(
            r#"{{"name":"{SEARCH}","description":{},"inputSchema":{{"type":"object","properties":{{"query":{{"type":"string","description":"Words; empty for all"}}}},"required":["query"]}},"annotations":{{"readOnlyHint":true,"openWorldHint":false}}}}"#,
            json_string(&about)
        ),
        format!(
            r#"{{"name":"{CALL}","description":"Call a tool that {SEARCH} found","inputSchema":{{"type":"object","properties":{{"name":{{"type":"string"}},"arguments":{{"type":"object"}}}},"required":["name"]}}}}"#
        ),
    ]
}

/// Names with commas between them, in at most `most` bytes.
fn joined(names: &[&str], most: usize) -> String {
    let mut out = String::new();
    for (at, name) in names.iter().enumerate() {
        if at > 0 && out.len() + name.len() > most {
            out.push_str(&format!(", and {} more", names.len() - at));
            break;
        }
        if at > 0 {
            out.push_str(", ");
        }
        out.push_str(name);
    }
    out
}

/// The text that answers a search: a definition on each line, the best first, then the names of the rest.
pub(crate) fn found(catalog: &Catalog, query: &str) -> String {
    let query = words(query);
    let all = catalog.tools();
    let mut ranked: Vec<&Tool> =
        if query.is_empty() { all.iter().collect() } else { rank(all, &query) };
    if ranked.is_empty() {
        let names: Vec<&str> = all.iter().map(|tool| &*tool.name).collect();
        return format!("No tool matches. There are: {}", joined(&names, MOST_BYTES));
    }
    let mut bytes = 0;
    let whole = ranked.iter().take_while(|tool| {
        bytes += tool.definition.len();
        bytes <= MOST_BYTES
    });
    // One definition is given in any case.
    let rest = ranked.split_off(whole.count().max(1));
    let lines: Vec<&str> = ranked.iter().map(|tool| &*tool.definition).collect();
    let mut out = lines.join("\n");
    if !rest.is_empty() {
        let names: Vec<&str> = rest.iter().map(|tool| &*tool.name).collect();
        out.push_str(&format!("\nAlso: {}", joined(&names, MOST_BYTES)));
    }
    out
}

/// The tools that match, the best first, and in the catalog's order where they match as well.
fn rank<'c>(tools: &'c [Tool], query: &BTreeSet<String>) -> Vec<&'c Tool> {
    let fields: Vec<[BTreeSet<String>; 4]> = tools.iter().map(fields).collect();
    let mut scores = vec![0.0; tools.len()];
    for word in query {
        let matches: Vec<f64> = fields.iter().map(|fields| weight(word, fields)).collect();
        let having = matches.iter().filter(|weight| **weight > 0.0).count();
        if having == 0 {
            continue;
        }
        // The rarer a word, the more it says, as in BM25.
        let rarity = (1.0 + tools.len() as f64 / having as f64).ln();
        scores.iter_mut().zip(&matches).for_each(|(score, weight)| *score += weight * rarity);
    }
    let best = scores.iter().copied().fold(0.0, f64::max);
    let mut ranked: Vec<usize> = (0..tools.len()).collect();
    ranked.retain(|at| scores[*at] > 0.0 && scores[*at] >= best * LEAST_SHARE);
    ranked.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    ranked.into_iter().take(MOST_FOUND).map(|at| &tools[at]).collect()
}

/// What the best occurrence of a word counts.
fn weight(word: &str, fields: &[BTreeSet<String>; 4]) -> f64 {
    let occurs = |words: &BTreeSet<String>| {
        if words.contains(word) {
            return 1.0;
        }
        let begins = |other: &String| {
            let (short, long) =
                if word.len() < other.len() { (word, &**other) } else { (&**other, word) };
            short.chars().count() >= SHORTEST && long.starts_with(short)
        };
        if words.iter().any(begins) { BEGINNING } else { 0.0 }
    };
    fields.iter().zip(WEIGHTS).map(|(words, weight)| occurs(words) * weight).fold(0.0, f64::max)
}

/// The words of a tool's name, description, parameters, and of what is said about those.
fn fields(tool: &Tool) -> [BTreeSet<String>; 4] {
    let mut fields = [words(&tool.name), BTreeSet::new(), BTreeSet::new(), BTreeSet::new()];
    let Some(index) = index(tool.definition.as_bytes()) else { return fields };
    let root = index.root();
    fields[1] = text_at(root, &["description"]).map(|text| words(&text)).unwrap_or_default();
    let properties = root.get("inputSchema").and_then(|schema| schema.get("properties"));
    for (key, schema) in properties.into_iter().flat_map(Value::members) {
        fields[2].extend(words(&key.text().unwrap_or_default()));
        if let Some(text) = text_at(schema, &["description"]) {
            fields[3].extend(words(&text));
        }
    }
    fields
}

/// The words of a text or an identifier, without case, plural and those that say nothing.
pub(crate) fn words(text: &str) -> BTreeSet<String> {
    const NOTHING: [&str; 16] = [
        "a", "an", "and", "by", "for", "from", "in", "is", "of", "on", "or", "that", "the", "to",
        "tool", "with",
    ];
    let mut out = BTreeSet::new();
    let mut word = String::new();
    let mut was_lower = false;
    // The space at the end ends the last word.
    for c in text.chars().chain([' ']) {
        if !word.is_empty() && (!c.is_alphanumeric() || (was_lower && c.is_uppercase())) {
            let taken = std::mem::take(&mut word);
            if !NOTHING.contains(&&*taken) {
                out.insert(singular(taken));
            }
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase() || c.is_numeric();
    }
    out
}

/// English plurals in `s`, which are most.
fn singular(mut word: String) -> String {
    if word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") {
        word.pop();
    }
    word
}

/// The arguments that a model means for a tool: the object that it gave, also where it wrote it as a string,
/// or what it wrote beside the tool's name.
pub(crate) fn inner_arguments(outer: Value<'_>) -> String {
    match outer.get("arguments") {
        Some(inner) if inner.kind() == Kind::String => {
            let text = inner.text().unwrap_or_default().into_owned();
            match index(text.as_bytes()).is_some_and(|index| index.root().kind() == Kind::Object) {
                // On one line, as transports need it: white space in JSON is never content.
                true => text.replace(['\n', '\r'], " "),
                false => crate::message::raw(inner),
            }
        }
        Some(inner) if inner.is_null() => "{}".to_owned(),
        Some(inner) => crate::message::raw(inner),
        None => {
            let beside = outer.members().filter(|(key, _)| !key.is("name"));
            let members = beside.map(|(key, value)| {
                format!("{}:{}", crate::message::raw(key), crate::message::raw(value))
            });
            format!("{{{}}}", members.collect::<Vec<_>>().join(","))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::tests::catalog;

    fn files() -> Catalog {
        catalog(
            &[&[
                ("read_text_file", r#""Read the contents of a file as text""#),
                (
                    "write_file",
                    r#""Create or overwrite a file","inputSchema":{"properties":{"path":{},"content":{"description":"What it holds"}}}"#,
                ),
                ("list_directory", r#""List the files and directories in a path""#),
                ("searchFiles", r#""Look for files by a glob pattern""#),
                ("move_file", r#""Move or rename""#),
            ]],
            None,
        )
    }

    fn names(query: &str) -> Vec<String> {
        let catalog = files();
        rank(catalog.tools(), &words(query)).iter().map(|tool| tool.name.clone()).collect()
    }

    #[test]
    fn the_best_match_is_first() {
        assert_eq!(names("list directories")[0], "list_directory");
        assert_eq!(names("rename")[0], "move_file");
        assert_eq!(names("search")[0], "searchFiles");
        assert_eq!(names("overwrite the content")[0], "write_file");
        assert_eq!(names("reading a file")[0], "read_text_file");
        assert!(names("weather").is_empty());
    }

    #[test]
    fn a_search_answers_with_definitions_and_an_empty_one_with_all() {
        let catalog = files();
        let all = found(&catalog, " ");
        assert_eq!(all.lines().count(), 5);
        assert!(all.lines().all(|line| index(line.as_bytes()).is_some()));
        assert!(
            found(&catalog, "weather").starts_with("No tool matches. There are: read_text_file,")
        );
        let wide = format!(r#""{}""#, "x".repeat(MOST_BYTES));
        let catalog = super::tests::catalog(&[&[("a", &wide), ("b", &wide)]], None);
        let bounded = found(&catalog, "");
        assert!(bounded.ends_with("\nAlso: b") && bounded.lines().count() == 2);
    }

    #[test]
    fn the_definitions_are_json_and_name_the_tools() {
        let [search, call] = definitions(&files());
        assert!(search.contains("There are 5: read_text_file, write_file"), "{search}");
        for definition in [search, call] {
            assert!(index(definition.as_bytes()).is_some(), "{definition}");
        }
        let many: Vec<String> = (0..400).map(|i| format!("tool_{i}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert!(joined(&many, MOST_NAMES).ends_with(" more"));
    }

    #[test]
    fn arguments_are_taken_as_models_write_them() {
        let inner = |outer: &str| inner_arguments(index(outer.as_bytes()).unwrap().root());
        assert_eq!(inner(r#"{"name":"t","arguments":{"a": 1}}"#), r#"{"a": 1}"#);
        assert_eq!(inner(r#"{"name":"t","arguments":"{\"a\":\n1}"}"#), r#"{"a": 1}"#);
        assert_eq!(inner(r#"{"name":"t","arguments":null}"#), "{}");
        assert_eq!(inner(r#"{"name":"t","a":1e400,"b":[]}"#), r#"{"a":1e400,"b":[]}"#);
        assert_eq!(inner(r#"{"name":"t"}"#), "{}");
    }
}
