//! The lines that enclose a line: the heads above it, by indentation, and the name of the record it
//! is in.
//!
//! `replicas: 30` is meaningless without its deployment, and so is a package in a tree without its
//! dependents. Derived from the layout alone, so that it works for YAML, INI, TOML, trees of
//! packages and files, and anything else that is indented.

use crate::lines::Lines;

/// The most nested heads that are followed. By hand, not measured.
const MOST_HEADS: usize = 16;
/// Keys whose value names their record.
const NAMES: &[&str] =
    &["name", "id", "title", "package", "host", "hostname", "device", "unit", "processor"];
/// Lines are a record if at least this percentage of them are a key and its value. By hand, not
/// measured.
const KEYED_PERCENT: usize = 60;
/// The longest key, in bytes. By hand, not measured.
const LONGEST_KEY: usize = 60;

/// The enclosing lines of each line.
#[derive(Debug)]
pub(super) struct Enclosing {
    /// The line that heads it.
    head: Vec<Option<u32>>,
    /// For each head, the first line right below that names it.
    named_by: Vec<Option<u32>>,
    /// For each line, the line that names its record.
    record: Vec<Option<u32>>,
}

impl Enclosing {
    pub(super) fn of(lines: &Lines) -> Self {
        let count = lines.count();
        let mut enclosing = Self {
            head: vec![None; count],
            named_by: vec![None; count],
            record: vec![None; count],
        };
        // Most logs are flat: none of their lines is indented, blank, a section or a separator.
        if lines.iter().all(|line| line.starts_with(|c: char| c.is_ascii_alphanumeric())) {
            return enclosing;
        }
        let mut open: Vec<(usize, u32)> = Vec::new();
        let mut section: Option<u32> = None;
        for (index, line) in lines.iter().enumerate() {
            if line.trim().is_empty() {
                continue;
            }
            let depth = depth(line);
            while open.last().is_some_and(|(outer, _)| *outer >= depth) {
                open.pop();
            }
            let is_section = is_section(line);
            let head = open.last().map(|(_, head)| *head);
            enclosing.head[index] = head.or(section.filter(|_| !is_section));
            if is_section {
                section = Some(index as u32);
            } else if is_separator(line) {
                section = None;
            }
            if let Some(head) = enclosing.head[index].filter(|_| names_something(line)) {
                enclosing.named_by[head as usize].get_or_insert(index as u32);
            }
            // The source line below a frame already says what was called.
            if !is_frame(line) {
                open.push((depth, index as u32));
            }
        }
        enclosing.find_records(lines);
        enclosing
    }

    /// Calls `each` with the lines that enclose `line`.
    pub(super) fn each_of(&self, line: usize, mut each: impl FnMut(usize)) {
        let mut at = line;
        for _ in 0..MOST_HEADS {
            self.named_by[at].into_iter().for_each(|name| each(name as usize));
            let Some(head) = self.head[at] else { break };
            at = head as usize;
            each(at);
        }
        if let Some(name) = self.record[line] {
            each(name as usize);
            self.head[name as usize].into_iter().for_each(|head| each(head as usize));
        }
    }

    /// Records are separated by lines of `---`, or else by blank lines.
    fn find_records(&mut self, lines: &Lines) {
        let ruled = lines.iter().any(is_separator);
        let ends = |line: &str| if ruled { is_separator(line) } else { line.trim().is_empty() };
        let mut records = Vec::new();
        let mut start = 0;
        for (index, line) in lines.iter().enumerate() {
            if ends(line) {
                records.push(start..index);
                start = index + 1;
            }
        }
        records.push(start..lines.count());
        records.retain(|record| !record.is_empty());
        if records.len() < 2 {
            return;
        }
        for record in records {
            let keyed = record.clone().filter(|line| pair(lines.get(*line)).is_some()).count();
            if keyed * 100 < record.len() * KEYED_PERCENT {
                continue;
            }
            let named = record.clone().filter(|line| names_something(lines.get(*line)));
            let name = named.min_by_key(|line| depth(lines.get(*line))).unwrap_or(record.start);
            self.record[record].fill(Some(name as u32));
        }
    }
}

/// The depth of a line: twice its column, plus one for an item of a YAML list, which may be at the
/// same column as the head of the list. The lines of a drawn tree count as blanks.
fn depth(line: &str) -> usize {
    // Most lines begin with a word.
    if line.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return 0;
    }
    let drawn = |c: char| matches!(c, ' ' | '\t' | '│' | '├' | '└' | '─' | '┬' | '\u{a0}');
    let ascii = |c: char| matches!(c, ' ' | '|' | '+' | '`' | '\\' | '-');
    let blanks = |is: &dyn Fn(char) -> bool| line.chars().take_while(|c| is(*c)).count();
    let prefix = &line[..blanks(&ascii)];
    let is_tree = ["+-", "`-", "\\-", "|-"].iter().any(|sign| prefix.contains(sign));
    let column = if is_tree { prefix.len() } else { blanks(&drawn) };
    2 * column + usize::from(line.trim_start().starts_with("- "))
}

/// A frame of a Python traceback, whose source line is below it.
fn is_frame(line: &str) -> bool {
    line.trim_start().starts_with("File \"")
}

/// `[section]` of INI and TOML.
fn is_section(line: &str) -> bool {
    let line = line.trim_end();
    let inner = line.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
    inner.is_some_and(|inner| {
        inner.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '[' | '"' | '_' | '.' | '*'))
    })
}

fn is_separator(line: &str) -> bool {
    line.trim_end() == "---"
}

/// Whether the line's key is one that names the record.
fn names_something(line: &str) -> bool {
    pair(line).is_some_and(|(key, value)| {
        let key = key.trim_matches(['"', '\'', ' ', '\t']);
        !value.is_empty() && NAMES.iter().any(|name| key.eq_ignore_ascii_case(name))
    })
}

/// Splits `key: value`, `key = value` or `key=value`; the value may be on the lines below.
fn pair(line: &str) -> Option<(&str, &str)> {
    let line = line.trim();
    let line = line.strip_prefix("- ").unwrap_or(line);
    let at =
        memchr::memchr2(b':', b'=', line.as_bytes()).filter(|at| (1..=LONGEST_KEY).contains(at))?;
    let (key, value) = (&line[..at], line[at + 1..].trim());
    let is_key = key.starts_with(|c: char| c.is_alphabetic() || matches!(c, '"' | '\'' | '_'));
    is_key.then_some((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines that enclose the line that contains `odd`.
    fn enclosing<'t>(text: &'t str, odd: &str) -> Vec<&'t str> {
        let lines = Lines::of(text);
        let line = lines.iter().position(|line| line.contains(odd)).unwrap();
        let mut found = Vec::new();
        Enclosing::of(&lines).each_of(line, |owner| found.push(owner));
        found.sort_unstable();
        found.dedup();
        found.into_iter().map(|line| lines.get(line).trim()).collect()
    }

    #[test]
    fn documents_of_yaml_have_a_name() {
        let text = "---\nkind: Deployment\nmetadata:\n  name: web-1\nspec:\n  replicas: 3\n---\nkind: Deployment\nmetadata:\n  name: web-2\nspec:\n  replicas: 30\n";
        assert_eq!(enclosing(text, "replicas: 30"), ["metadata:", "name: web-2", "spec:"]);
    }

    #[test]
    fn a_service_of_compose_has_a_head() {
        let text = "services:\n  web:\n    image: a\n    restart: no\n  db:\n    image: b\n    restart: always\n";
        assert_eq!(enclosing(text, "restart: always"), ["services:", "db:"]);
    }

    #[test]
    fn an_item_of_a_list_has_a_name() {
        let text = "containers:\n- image: a\n  name: web\n  tty: true\n- image: b\n  name: db\n  tty: false\n";
        assert_eq!(enclosing(text, "tty: false"), ["containers:", "- image: b", "name: db"]);
        assert_eq!(enclosing(text, "image: b"), ["containers:", "name: db"]);
    }

    #[test]
    fn settings_have_a_section() {
        let text = "[web]\nport = 80\n[db]\nport = 5432\nssl = off\n";
        assert_eq!(enclosing(text, "ssl"), ["[db]"]);
        let lock = "[[package]]\nname = \"a\"\nversion = \"1\"\n\n[[package]]\nname = \"b\"\nversion = \"2\"\n";
        assert_eq!(enclosing(lock, "\"2\""), ["[[package]]", "name = \"b\""]);
    }

    #[test]
    fn what_a_tree_draws_has_a_parent() {
        let npm = "app\n├─┬ a@1\n│ ├── x@1\n│ └─┬ z@1\n│   └── y@2\n└─┬ b@1\n  └── x@2\n";
        assert_eq!(enclosing(npm, "y@2"), ["app", "├─┬ a@1", "│ └─┬ z@1"]);
        assert_eq!(enclosing(npm, "x@2"), ["app", "└─┬ b@1"]);
        let gradle = "root\n+--- org.a:a:1\n|    +--- org.c:c:1\n|    \\--- org.d:d:2\n\\--- org.b:b:1\n     \\--- org.d:d:3\n";
        assert_eq!(enclosing(gradle, "d:2"), ["root", "+--- org.a:a:1"]);
        assert_eq!(enclosing(gradle, "d:3"), ["root", "\\--- org.b:b:1"]);
    }

    #[test]
    fn a_record_between_blank_lines_has_a_name() {
        let text = "Package: a\nStatus: ok\nVersion: 1\n\nPackage: b\nStatus: broken\nVersion: 1\n";
        assert_eq!(enclosing(text, "broken"), ["Package: b"]);
        let cpu = "processor : 0\nmhz : 800\n\nprocessor : 1\nmhz : 801\n";
        assert_eq!(enclosing(cpu, "801"), ["processor : 1"]);
    }

    #[test]
    fn a_document_of_many_heads_has_a_name() {
        let text = "---\n# Source: a.yaml\nkind: Deployment\nmetadata:\n  name: web-1\nspec:\n  replicas: 30\n  template:\n    spec:\n      containers:\n        - name: web\n---\n# Source: b.yaml\nkind: Service\n";
        assert_eq!(enclosing(text, "replicas"), ["metadata:", "name: web-1", "spec:"]);
    }

    #[test]
    fn lines_of_a_log_are_nobodys() {
        let text = "10:00:00 INFO a\n10:00:01 INFO b\n\n10:00:02 ERROR c\n";
        assert!(enclosing(text, "ERROR").is_empty());
    }
}
