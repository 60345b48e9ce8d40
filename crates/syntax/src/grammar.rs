//! Which languages have a grammar, and its rules, made when the language is first met.

use std::sync::OnceLock;

use tree_sitter_language::LanguageFn;

use crate::Language;
use crate::rules::{RuleFile, Rules};

/// A grammar with the meaning of its nodes.
#[derive(Debug)]
pub(crate) struct Grammar {
    pub(crate) parser: tree_sitter::Language,
    pub(crate) rules: Rules,
}

struct Row {
    language: Language,
    parser: LanguageFn,
    /// Rule files, of which later ones add to earlier ones.
    rules: &'static [&'static str],
    made: OnceLock<Grammar>,
}

macro_rules! rows {
    ($($language:ident: $parser:expr, $($rules:literal)+;)*) => {
        [$(Row {
            language: Language::$language,
            parser: $parser,
            rules: &[$(include_str!(concat!("../rules/", $rules, ".toml"))),+],
            made: OnceLock::new(),
        }),*]
    };
}

static ROWS: [Row; 17] = rows! {
    Python: tree_sitter_python::LANGUAGE, "python";
    JavaScript: tree_sitter_javascript::LANGUAGE, "ecmascript" "javascript" "jsx";
    TypeScript: tree_sitter_typescript::LANGUAGE_TYPESCRIPT, "ecmascript" "typescript";
    Tsx: tree_sitter_typescript::LANGUAGE_TSX, "ecmascript" "typescript" "jsx";
    Rust: tree_sitter_rust::LANGUAGE, "rust";
    Go: tree_sitter_go::LANGUAGE, "go";
    Java: tree_sitter_java::LANGUAGE, "java";
    C: tree_sitter_c::LANGUAGE, "c";
    Cpp: tree_sitter_cpp::LANGUAGE, "c" "cpp";
    CSharp: tree_sitter_c_sharp::LANGUAGE, "csharp";
    Ruby: tree_sitter_ruby::LANGUAGE, "ruby";
    Php: tree_sitter_php::LANGUAGE_PHP, "php";
    Kotlin: tree_sitter_kotlin_ng::LANGUAGE, "kotlin";
    Swift: tree_sitter_swift::LANGUAGE, "swift";
    Scala: tree_sitter_scala::LANGUAGE, "scala";
    Bash: tree_sitter_bash::LANGUAGE, "bash";
    Sql: tree_sitter_sequel::LANGUAGE, "sql";
};

impl Grammar {
    /// The grammar of a language, if it has one.
    pub(crate) fn of(language: Language) -> Option<&'static Self> {
        let row = ROWS.iter().find(|row| row.language == language)?;
        Some(row.made.get_or_init(|| row.make().0))
    }
}

impl Row {
    /// The grammar, and what its rules name that it doesn't have; a test keeps that empty.
    fn make(&self) -> (Grammar, Vec<String>) {
        let parser = self.parser.into();
        let file = RuleFile::read(self.rules).expect("a rule file, which a test reads");
        let (rules, unknown) = Rules::new(file, &parser);
        (Grammar { parser, rules }, unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_names_what_its_grammar_has() {
        for row in &ROWS {
            assert_eq!(row.make().1, Vec::<String>::new(), "{}", row.language.name());
        }
    }
}
