//! How many tokens each folder and file has, for `--tree`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use rayon::prelude::*;
use select::SourceFile;
use serde::Serialize;
use tokens::Encoding;

use crate::terminal::grouped;

/// A folder or a file.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Node {
    /// Its own name; `.` for the outermost folder, with a `/` at the end for the others.
    name: String,
    /// The tokens of all its files.
    tokens: usize,
    /// How many files it holds; 1 for a file.
    files: usize,
    /// What is directly in it, the largest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    children: Vec<Node>,
}

/// The tokens of `files`, by folder.
pub(crate) fn tree(files: &[SourceFile], encoding: Encoding) -> Node {
    let counts: Vec<usize> =
        files.par_iter().map(|file| tokens::count(encoding, &file.text)).collect();
    let all = files.iter().zip(counts).map(|(file, tokens)| (file.path.as_str(), tokens));
    folder(".".to_owned(), &all.collect::<Vec<_>>())
}

/// The folder of that name, of these files by their paths in it.
fn folder(name: String, files: &[(&str, usize)]) -> Node {
    let mut inner: BTreeMap<&str, Vec<(&str, usize)>> = BTreeMap::new();
    let mut children: Vec<Node> = Vec::new();
    for &(path, tokens) in files {
        match path.split_once('/') {
            Some((folder, rest)) => inner.entry(folder).or_default().push((rest, tokens)),
            None => children.push(Node {
                name: path.to_owned(),
                tokens,
                files: 1,
                children: Vec::new(),
            }),
        }
    }
    children.extend(inner.into_iter().map(|(name, files)| folder(format!("{name}/"), &files)));
    children.sort_by(|a, b| b.tokens.cmp(&a.tokens).then_with(|| a.name.cmp(&b.name)));
    let tokens = children.iter().map(|child| child.tokens).sum();
    let count = children.iter().map(|child| child.files).sum();
    Node { name, tokens, files: count, children }
}

impl Node {
    /// A line for each folder and file, at most `depth` levels below this one, and `most` in each folder.
    pub(crate) fn to_text(&self, depth: usize, most: usize) -> String {
        let mut out = String::new();
        self.write(&mut out, 0, (depth, most), self.tokens);
        out
    }

    fn write(&self, out: &mut String, level: usize, bounds: (usize, usize), all: usize) {
        let percent = self.tokens as f64 * 100.0 / all.max(1) as f64;
        let (tokens, indent, width) = (grouped(self.tokens), 2 * level, grouped(all).len());
        // Writing to a String cannot fail.
        let _ = writeln!(out, "{tokens:>width$} {percent:>5.1} %  {:indent$}{}", "", self.name);
        let (depth, most) = bounds;
        if level == depth {
            return;
        }
        for child in self.children.iter().take(most) {
            child.write(out, level + 1, bounds, all);
        }
        if self.children.len() > most {
            let (indent, more) = (indent + 2, grouped(self.children.len() - most));
            let _ = writeln!(out, "{:width$} {:>7}  {:indent$}… {more} more", "", "", "");
        }
    }
}

#[cfg(test)]
mod tests {
    use syntax::Language;

    use super::*;

    #[test]
    fn folders_have_what_their_files_have() {
        let file = |path: &str, words: usize| SourceFile {
            path: path.to_owned(),
            text: "word ".repeat(words).into(),
            hash: [0; 32],
            language: Language::Text,
            kind: select::FileKind::Source,
        };
        let files = [file("a/b/one.txt", 30), file("a/two.txt", 50), file("top.txt", 10)];
        let tree = tree(&files, Encoding::default());
        let names = |node: &Node| node.children.iter().map(|n| n.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&tree), ["a/", "top.txt"]);
        assert_eq!(names(&tree.children[0]), ["two.txt", "b/"]);
        assert_eq!(tree.files, 3);
        assert_eq!(tree.tokens, tree.children.iter().map(|node| node.tokens).sum::<usize>());
        let shown = tree.to_text(1, 9);
        assert_eq!(shown.lines().count(), 3, "{shown}");
        assert!(shown.lines().nth(1).unwrap().ends_with(" %    a/"), "{shown}");
        assert!(tree.to_text(1, 1).ends_with(" … 1 more\n"), "{}", tree.to_text(1, 1));
    }
}
