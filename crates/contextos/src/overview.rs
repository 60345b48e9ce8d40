//! An overview of a whole repository without a task, for `--all`: its folders, and the signatures of its most
//! important files, within a budget.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::Arc;

use select::{Corpus, FileKind, SourceFile};
use syntax::{Definition, DefinitionKind, Outline};
use tokens::Encoding;

use crate::scan::{graph, imported_by, languages};
use crate::terminal::{counted, grouped};
use crate::token_tree;

/// The fewest and the most signatures of a file, and for how many tokens of the budget it gets one. By hand: in a small
/// overview, many files say more than all of a few.
const SIGNATURES: std::ops::RangeInclusive<usize> = 6..=30;
const TOKENS_PER_SIGNATURE: usize = 400;
/// How many folders and files are listed in a folder. By hand.
const MAX_LISTED: usize = 12;
/// The longest signature, in bytes.
const MAX_SIGNATURE: usize = 200;
/// The share of the budget that the folders may take. By hand.
const FOLDERS_SHARE: f64 = 0.15;

/// The overview, and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Overview {
    /// Markdown.
    pub(crate) text: String,
    /// Its tokens.
    pub(crate) tokens: usize,
    /// How many files' signatures it shows.
    pub(crate) files: usize,
}

/// An overview of `corpus` of at most `budget` tokens; `None` if not even its head fits.
pub(crate) fn overview(
    corpus: &Corpus,
    outlines: &[Arc<Outline>],
    title: &str,
    budget: usize,
    encoding: Encoding,
) -> Option<Overview> {
    let count = |text: &str| tokens::count(encoding, text);
    let mut parts = vec![head(&corpus.files, title)];
    let mut used = count(&parts[0]);
    if used > budget {
        return None;
    }
    let folders = folders(corpus, encoding, (budget as f64 * FOLDERS_SHARE) as usize);
    let mut add = |part: String, parts: &mut Vec<String>| {
        let tokens = count(&part);
        let fits = used + tokens <= budget;
        if fits {
            used += tokens;
            parts.push(part);
        }
        fits
    };
    if let Some(folders) = folders {
        add(folders, &mut parts);
    }
    let most = (budget / TOKENS_PER_SIGNATURE).clamp(*SIGNATURES.start(), *SIGNATURES.end());
    let mut files = 0;
    for at in by_importance(corpus, outlines) {
        let signatures = signatures(&corpus.files[at], &outlines[at], most);
        files += usize::from(signatures.is_some_and(|part| add(part, &mut parts)));
    }
    // Tokens of parts add up where each ends a line, but the whole is what counts.
    let mut text = parts.concat();
    while count(&text) > budget {
        parts.pop()?;
        files = files.saturating_sub(1);
        text = parts.concat();
    }
    Some(Overview { tokens: count(&text), text, files })
}

fn head(files: &[SourceFile], title: &str) -> String {
    let mut out = format!("# Overview of {title}\n\n{}", counted(files.len(), "file"));
    for (at, (language, count)) in languages(files).into_iter().take(8).enumerate() {
        let _ = write!(out, "{}{language} {}", if at == 0 { ": " } else { ", " }, grouped(count));
    }
    out.push_str("\n\n");
    out
}

/// The folders with their tokens, as many levels of them as fit.
fn folders(corpus: &Corpus, encoding: Encoding, budget: usize) -> Option<String> {
    let tree = token_tree::tree(&corpus.files, encoding);
    let shown = |depth| {
        format!("## Tokens by folder\n\n```text\n{}```\n\n", tree.to_text(depth, MAX_LISTED))
    };
    (1..=4).rev().map(shown).find(|text| tokens::count(encoding, text) <= budget)
}

/// The files with code, most important first: those that many others import, and that many commits change.
fn by_importance(corpus: &Corpus, outlines: &[Arc<Outline>]) -> Vec<usize> {
    let graph = graph(&corpus.files, outlines);
    let imported = imported_by(&graph);
    let mut commits: HashMap<&str, usize> = HashMap::new();
    for path in corpus.history.commits.iter().flat_map(|commit| &commit.paths) {
        *commits.entry(path).or_default() += 1;
    }
    let weight = |file: &SourceFile| {
        let of = |counts: &HashMap<&str, usize>| {
            (1.0 + counts.get(file.path.as_str()).copied().unwrap_or(0) as f64).ln()
        };
        of(&imported) + of(&commits)
    };
    let mut order: Vec<(bool, f64, usize)> = (corpus.files.iter().zip(outlines).enumerate())
        .filter(|(_, (file, outline))| file.language.is_code() && !outline.definitions.is_empty())
        .map(|(at, (file, _))| (file.kind != FileKind::Source, weight(file), at))
        .collect();
    order.sort_by(|a, b| a.0.cmp(&b.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2)));
    order.into_iter().map(|(.., at)| at).collect()
}

/// A file's first signatures under its path, at most so many.
fn signatures(file: &SourceFile, outline: &Outline, most: usize) -> Option<String> {
    let lines: Vec<&str> = file.text.lines().collect();
    let mut out = format!("### {}\n```{}\n", file.path, file.language.name());
    let mut seen = HashSet::new();
    let mut shown = 0;
    for definition in &outline.definitions {
        if !is_shown(outline, definition) {
            continue;
        }
        let line = lines.get((definition.signature.start as usize).checked_sub(1)?)?;
        let line = line.get(..line.floor_char_boundary(MAX_SIGNATURE))?.trim_end();
        if shown == most {
            out.push_str("…\n");
            break;
        }
        if !line.trim().is_empty() && !line.contains("```") && seen.insert(line) {
            out.push_str(line);
            out.push('\n');
            shown += 1;
        }
    }
    out.push_str("```\n\n");
    (shown > 0).then_some(out)
}

/// Whether an overview shows a definition: what a file offers, not what is inside a function.
fn is_shown(outline: &Outline, definition: &Definition) -> bool {
    use DefinitionKind::{Constant, Implementation, Interface, Module, Section, Type};
    // Tests beside the code that they test are no part of what it offers.
    let is_of_tests =
        |of: &Definition| of.kind == Module && matches!(of.name.as_str(), "test" | "tests");
    let parent = definition.parent.and_then(|at| outline.definitions.get(at));
    !matches!(definition.kind, Constant | Section)
        && !is_of_tests(definition)
        && parent.is_none_or(|parent| {
            matches!(parent.kind, Type | Interface | Implementation | Module)
                && !is_of_tests(parent)
        })
}

#[cfg(test)]
mod tests {
    use select::History;
    use syntax::{Language, outline};

    use super::*;

    fn corpus() -> (Corpus, Vec<Arc<Outline>>) {
        let file = |path: &str, text: &str| SourceFile {
            path: path.to_owned(),
            text: text.into(),
            hash: [0; 32],
            language: Language::Python,
            kind: FileKind::Source,
        };
        let files = vec![
            file(
                "shop/cart.py",
                "import shop.money\n\ndef total(cart):\n    def inner():\n        pass\n    return 1\n",
            ),
            file(
                "shop/mail.py",
                "import shop.money\n\nclass Mail:\n    def send(self):\n        pass\n",
            ),
            file("shop/money.py", "LIMIT = 3\n\ndef rounded(amount):\n    return amount\n"),
        ];
        let outlines = files.iter().map(|file| Arc::new(outline(file.language, &file.text)));
        let outlines = outlines.collect();
        (Corpus { files, history: History::default() }, outlines)
    }

    #[test]
    fn what_others_import_comes_first_and_the_budget_holds() {
        let (corpus, outlines) = corpus();
        let of = |budget| overview(&corpus, &outlines, "shop", budget, Encoding::default());
        let whole = of(4000).unwrap();
        assert_eq!(whole.files, 3);
        let at =
            |what: &str| whole.text.find(what).unwrap_or_else(|| panic!("{what}: {}", whole.text));
        assert!(at("### shop/money.py") < at("### shop/cart.py"));
        assert!(at("class Mail") < at("    def send(self)"));
        assert!(!whole.text.contains("inner") && !whole.text.contains("LIMIT"));
        for budget in 0..whole.tokens + 2 {
            let overview = of(budget);
            assert!(overview.is_none_or(|one| {
                one.tokens <= budget && one.tokens == tokens::count(Encoding::default(), &one.text)
            }));
        }
    }
}
