//! The known languages, and their detection from a path, a first line or a name.
//!
//! What is known of each is a row of `languages.toml`. How one is outlined is the business of the crate `syntax`: by
//! a grammar and its rules where there is one, by the [`Shape`] of its texts where there is none.

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// A language, or [`Language::Text`] where none is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "each name says what it is")]
#[non_exhaustive]
pub enum Language {
    Python,
    JavaScript,
    TypeScript,
    /// TypeScript with JSX; JavaScript has no such twin, its grammar knows JSX.
    Tsx,
    Rust,
    Go,
    Java,
    C,
    Cpp,
    CSharp,
    Ruby,
    Php,
    Kotlin,
    Swift,
    Scala,
    /// Bash and the shells that are like it.
    Bash,
    Sql,
    Vue,
    Svelte,
    /// HTML and templates of it.
    Html,
    Xml,
    /// CSS, SCSS and Less.
    Css,
    Markdown,
    Rst,
    Toml,
    Yaml,
    Json,
    /// INI files, properties, `.env`: keys and values in sections.
    Ini,
    Dockerfile,
    Makefile,
    CMake,
    Hcl,
    Protobuf,
    GraphQl,
    Lua,
    Perl,
    R,
    Julia,
    Dart,
    Zig,
    Solidity,
    Elixir,
    Erlang,
    Haskell,
    OCaml,
    FSharp,
    Clojure,
    Lisp,
    ObjectiveC,
    Groovy,
    PowerShell,
    Batch,
    Nix,
    Vim,
    Assembly,
    Fish,
    Awk,
    Jq,
    Diff,
    Csv,
    Text,
}

/// What divides the texts of a language into sections, where no grammar does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Shape {
    /// Headings, underlined or after `#`: Markdown, reStructuredText.
    Headings,
    /// `[names]` in lines of their own: TOML, INI.
    Tables,
    /// Keys by indentation: YAML.
    Keys,
    /// Keys by brackets: JSON.
    Json,
    /// Braces after what they belong to: CSS, and many languages.
    Blocks,
    /// One instruction per line: Dockerfile.
    Instructions,
    /// Targets and what makes them: Makefile.
    Rules,
    /// Elements: HTML, XML, Vue, Svelte.
    Markup,
}

impl Language {
    /// The language of a file: from its name, else its ending, else its first line (`#!`, `<?php`).
    ///
    /// `path` may be a path or a bare name, with either kind of slash.
    pub fn of(path: &str, first_line: &str) -> Self {
        let name = path.rsplit(['/', '\\']).next().unwrap_or(path).to_lowercase();
        let table = &*TABLE;
        table
            .file(&name)
            .or_else(|| table.endings.get(name.rsplit_once('.')?.1).copied())
            .or_else(|| table.shebangs.get(interpreter(first_line)?).copied())
            .or_else(|| announced(first_line))
            .unwrap_or(Self::Text)
    }

    /// The language that a fence or a flag names, by its name or an alias in any case: `py`, `C++`,
    /// `sh`. `None` for a name that isn't known.
    pub fn from_name(name: &str) -> Option<Self> {
        TABLE.names.get(name.trim().to_lowercase().as_str()).copied()
    }

    /// Every language, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.entries.iter().map(|entry| entry.language)
    }

    /// The name that a fence or a report shows, in lower case: `rust`, `typescript`, `text`.
    pub fn name(self) -> &'static str {
        self.entry().map_or("text", |entry| &entry.id)
    }

    /// What opens a comment that ends with its line (`#`, `//`), where the language has that.
    pub fn comment_prefix(self) -> Option<&'static str> {
        self.entry()?.line_comment.as_deref()
    }

    /// What opens and closes a comment of any length, where the language has that.
    pub fn block_comment(self) -> Option<(&'static str, &'static str)> {
        self.entry()?.block_comment.as_ref().map(|(open, close)| (open.as_str(), close.as_str()))
    }

    /// Whether programs are written in it, as opposed to documents, data and settings.
    pub fn is_code(self) -> bool {
        self.entry().is_some_and(|entry| entry.code)
    }

    /// What divides its texts into sections where no grammar does; paragraphs, if there is nothing.
    pub fn shape(self) -> Option<Shape> {
        self.entry()?.shape
    }

    fn entry(self) -> Option<&'static Entry> {
        TABLE.entries.iter().find(|entry| entry.language == self)
    }
}

/// The program that a `#!` line starts, without its path and version.
fn interpreter(first_line: &str) -> Option<&str> {
    let words = first_line.strip_prefix("#!")?.split_whitespace();
    let mut programs = words
        .map(|word| word.rsplit('/').next().unwrap_or(word))
        .filter(|word| *word != "env" && !word.starts_with('-') && !word.contains('='));
    let program = programs.next()?.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    Some(program)
}

/// The language that a document's own first line announces.
fn announced(first_line: &str) -> Option<Language> {
    let line = first_line.trim_start_matches('\u{feff}').trim_start();
    let begins = |prefix: &str| {
        line.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
    };
    match () {
        () if begins("<?php") => Some(Language::Php),
        () if begins("<?xml") => Some(Language::Xml),
        () if begins("<!doctype html") || begins("<html") => Some(Language::Html),
        () => None,
    }
}

#[derive(Deserialize)]
struct File {
    language: Vec<RawEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEntry {
    id: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    endings: Vec<String>,
    #[serde(default)]
    files: Vec<String>,
    #[serde(default)]
    shebangs: Vec<String>,
    line_comment: Option<String>,
    block_comment: Option<(String, String)>,
    #[serde(default = "yes")]
    code: bool,
    shape: Option<Shape>,
}

fn yes() -> bool {
    true
}

struct Entry {
    language: Language,
    id: String,
    line_comment: Option<String>,
    block_comment: Option<(String, String)>,
    code: bool,
    shape: Option<Shape>,
}

struct Table {
    entries: Vec<Entry>,
    names: HashMap<String, Language>,
    endings: HashMap<String, Language>,
    files: HashMap<String, Language>,
    file_prefixes: Vec<(String, Language)>,
    shebangs: HashMap<String, Language>,
}

static TABLE: LazyLock<Table> =
    LazyLock::new(|| Table::read(include_str!("../languages.toml")).expect("languages.toml"));

impl Table {
    fn read(text: &str) -> Result<Self, toml::de::Error> {
        let file: File = toml::from_str(text)?;
        let mut table = Self {
            entries: Vec::new(),
            names: HashMap::new(),
            endings: HashMap::new(),
            files: HashMap::new(),
            file_prefixes: Vec::new(),
            shebangs: HashMap::new(),
        };
        for raw in file.language {
            let language = Language::deserialize(toml::Value::String(raw.id.clone()))?;
            let all = |names: Vec<String>| names.into_iter().map(move |name| (name, language));
            table.names.insert(raw.id.clone(), language);
            table.names.extend(all(raw.aliases));
            table.endings.extend(all(raw.endings));
            table.shebangs.extend(all(raw.shebangs));
            for name in raw.files {
                match name.strip_suffix('*') {
                    Some(prefix) => table.file_prefixes.push((prefix.to_owned(), language)),
                    None => drop(table.files.insert(name, language)),
                }
            }
            table.entries.push(Entry {
                language,
                id: raw.id,
                line_comment: raw.line_comment,
                block_comment: raw.block_comment,
                code: raw.code,
                shape: raw.shape,
            });
        }
        Ok(table)
    }

    fn file(&self, name: &str) -> Option<Language> {
        self.files.get(name).copied().or_else(|| {
            let known = |(prefix, _): &&(String, Language)| name.starts_with(prefix.as_str());
            self.file_prefixes.iter().find(known).map(|&(_, language)| language)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_complete_and_without_doubles() {
        assert_eq!(TABLE.entries.len(), Language::Text as usize + 1, "one row for each variant");
        let file: File = toml::from_str(include_str!("../languages.toml")).unwrap();
        let doubles = |column: fn(&RawEntry) -> &Vec<String>| {
            let mut seen = std::collections::HashSet::new();
            file.language
                .iter()
                .flat_map(column)
                .filter(|name| !seen.insert(name.as_str()) || **name != name.to_lowercase())
                .cloned()
                .collect::<Vec<_>>()
        };
        assert_eq!(doubles(|raw| &raw.endings), Vec::<String>::new(), "endings");
        assert_eq!(doubles(|raw| &raw.aliases), Vec::<String>::new(), "aliases");
        assert_eq!(doubles(|raw| &raw.files), Vec::<String>::new(), "files");
        assert_eq!(doubles(|raw| &raw.shebangs), Vec::<String>::new(), "shebangs");
        for raw in &file.language {
            let taken =
                raw.aliases.iter().find(|name| file.language.iter().any(|l| &l.id == *name));
            assert_eq!(taken, None, "an alias of {} is another's name", raw.id);
        }
    }

    #[test]
    fn a_language_is_told_from_a_path_or_a_first_line() {
        let cases = [
            ("src/a.py", "", Language::Python),
            ("A.PY", "", Language::Python),
            ("web\\app.d.ts", "", Language::TypeScript),
            ("include/x.h", "", Language::C),
            ("Dockerfile", "", Language::Dockerfile),
            ("ci/Dockerfile.dev", "", Language::Dockerfile),
            ("api.dockerfile", "", Language::Dockerfile),
            ("CMakeLists.txt", "", Language::CMake),
            ("notes.txt", "", Language::Text),
            ("Gemfile", "", Language::Ruby),
            (".env.local", "", Language::Ini),
            ("bin/run", "#!/usr/bin/env -S FOO=1 python3.11 -u", Language::Python),
            ("bin/run", "#! /bin/sh -e", Language::Bash),
            ("bin/run", "#!/usr/bin/env node", Language::JavaScript),
            ("bin/run.unknown", "#!/usr/bin/perl", Language::Perl),
            ("bin/run", "#!", Language::Text),
            ("index", "<!DOCTYPE html>", Language::Html),
            ("", "", Language::Text),
            (".", "é", Language::Text),
        ];
        for (path, first_line, expected) in cases {
            assert_eq!(Language::of(path, first_line), expected, "{path:?} {first_line:?}");
        }
    }

    #[test]
    fn names_lead_back() {
        for language in Language::all() {
            assert_eq!(Language::from_name(language.name()), Some(language));
        }
        assert_eq!(Language::from_name(" C++ "), Some(Language::Cpp));
        assert_eq!(Language::from_name("sh"), Some(Language::Bash));
        assert_eq!(Language::from_name("no such"), None);
        assert_eq!(Language::Rust.comment_prefix(), Some("//"));
        assert_eq!(Language::Html.block_comment(), Some(("<!--", "-->")));
        assert!(Language::Rust.is_code() && !Language::Json.is_code());
    }
}
