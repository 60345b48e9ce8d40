//! Finds the definitions with a body in an excerpt of code: functions, types, tables of data.
//!
//! Derived from brackets, a few keywords and indentation, in a hundredth of a parser's time and
//! without a grammar. A body is trusted only if brackets and indentation agree on where it ends.

use std::ops::Range;

use languages::Language;

use super::mask::Masked;
use super::{braces, indented};
use crate::lines::Lines;

/// The type of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    Function,
    Type,
    /// The bracketed value of an assignment outside functions.
    Data,
}

/// A definition with a body. All lines are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    pub kind: BlockKind,
    pub name: String,
    /// All of its lines, including the comments and annotations above it.
    pub lines: Range<usize>,
    /// From the first line of the definition to the line that opens its body.
    pub signature: Range<usize>,
    /// The comment above it, or the string at the beginning of its body.
    pub doc: Range<usize>,
    /// The lines of its body, without those that open and close it; none if brackets and
    /// indentation disagree.
    pub body: Range<usize>,
    /// The innermost enclosing block.
    pub parent: Option<usize>,
}

/// The outline of an excerpt of code.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// In order of their signatures, enclosing blocks first.
    pub blocks: Vec<Block>,
    /// The names assigned outside functions.
    pub values: Vec<String>,
}

/// The outline of `masked` code with the lines `lines`.
pub(super) fn outline(masked: &Masked, lines: &Lines, language: Language) -> Outline {
    let code = Code::of(masked, lines);
    match language {
        Language::Python | Language::Ruby => indented::outline(&code, language),
        _ => braces::outline(&code, language),
    }
}

/// Masked code by its lines.
pub(super) struct Code<'c> {
    pub masked: &'c Masked,
    pub lines: &'c Lines<'c>,
    /// Which lines begin inside a string or comment.
    inside: Vec<bool>,
    /// The bytes before the first code of each line.
    indents: Vec<usize>,
}

impl<'c> Code<'c> {
    fn of(masked: &'c Masked, lines: &'c Lines<'c>) -> Self {
        let mut inside = vec![false; lines.count()];
        for &at in &masked.inside {
            // The end of the last line begins no other line.
            if let Some(inside) =
                inside.get_mut(lines.at(at)).filter(|_| at < lines.start(lines.count()))
            {
                *inside = true;
            }
        }
        let mut code = Self { masked, lines, inside, indents: Vec::new() };
        let indent = |line| {
            let code = code.line(line);
            code.len() - code.trim_ascii_start().len()
        };
        code.indents = (0..lines.count()).map(indent).collect();
        code
    }

    /// The code of a line, without its line end.
    pub(super) fn line(&self, line: usize) -> &'c [u8] {
        self.masked.code[self.lines.start(line)..self.lines.start(line + 1)].trim_ascii_end()
    }

    pub(super) fn is_inside(&self, line: usize) -> bool {
        self.inside[line]
    }

    /// Whether there is no code on a line.
    pub(super) fn is_blank(&self, line: usize) -> bool {
        self.line(line).is_empty()
    }

    /// The bytes before the first code of a line.
    pub(super) fn indent(&self, line: usize) -> usize {
        self.indents[line]
    }

    /// The first line of the comments and annotations right above `line`, and the comments among
    /// them.
    pub(super) fn above(&self, line: usize) -> (usize, Range<usize>) {
        let (mut first, mut doc) = (line, line..line);
        while first > 0 {
            let above = first - 1;
            let code = self.line(above).trim_ascii_start();
            if code.is_empty() && !self.lines.get(above).trim().is_empty() {
                doc = above..if doc.is_empty() { first } else { doc.end };
            } else if !code.starts_with(b"@") && !code.starts_with(b"#[") && !code.starts_with(b"[")
            {
                break;
            }
            first = above;
        }
        (first, doc)
    }
}

/// The word that `code` begins with.
pub(super) fn word(code: &[u8]) -> &[u8] {
    &code[..code.iter().take_while(|&&byte| is_word(byte)).count()]
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// The word that `code` ends with.
pub(super) fn last_word(code: &[u8]) -> &[u8] {
    &code[code.len() - code.iter().rev().take_while(|&&byte| is_word(byte)).count()..]
}

/// The name assigned on a line of code: the text before the first `=`, or before the type between
/// them.
pub(super) fn assigned(line: &[u8]) -> Option<&[u8]> {
    let at = memchr::memchr(b'=', line)?;
    let is_other = |byte: Option<&u8>| byte.is_some_and(|byte| b"=<>!+-*/|&%^~?".contains(byte));
    if is_other(line.get(at + 1)) || is_other(line[..at].last()) {
        return None;
    }
    let before = line[..at].strip_suffix(b":").unwrap_or(&line[..at]);
    let typed = memchr::memchr(b':', before).filter(|&at| !before[at..].starts_with(b"::"));
    let name = last_word(before[..typed.unwrap_or(before.len())].trim_ascii_end());
    (!name.is_empty() && !before.contains(&b'(')).then_some(name)
}

/// A word of code as text.
pub(super) fn text(word: &[u8]) -> String {
    String::from_utf8_lossy(word).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::mask::mask;
    use super::*;

    fn outline(text: &str, lines: &Lines, language: Language) -> Outline {
        let masked = mask(text, language);
        masked.map_or_else(Outline::default, |masked| super::outline(&masked, lines, language))
    }

    /// The kinds, names and bodies of the blocks, and the text of their documentation.
    fn blocks(language: Language, text: &str) -> Vec<(BlockKind, String, Range<usize>, usize)> {
        let outline = outline(text, &Lines::of(text), language);
        let blocks = outline.blocks.into_iter();
        blocks.map(|b| (b.kind, b.name, b.body, b.doc.len())).collect()
    }

    #[test]
    fn each_way_of_writing_a_function_is_known() {
        use BlockKind::*;
        use Language::*;
        for (language, text, kind, name, body, doc) in [
            (
                Rust,
                "/// Doc.\n#[inline]\npub(crate) async fn f<T>(x: T)\nwhere\n    T: A,\n{\n    x\n}\n",
                Function,
                "f",
                6..7,
                1,
            ),
            (Rust, "impl<T> fmt::Display for My<T> {\n    type X = T;\n}\n", Type, "My", 1..2, 0),
            (
                Go,
                "// Doc.\nfunc (s *S) F(x map[string]interface{}) (int, error) {\n\treturn 1, nil\n}\n",
                Function,
                "F",
                2..3,
                1,
            ),
            (
                Python,
                "@a\nasync def f(\n    x,\n):\n    \"\"\"Doc.\n\n    More.\n    \"\"\"\n    return x\n\n# next\n",
                Function,
                "f",
                4..9,
                4,
            ),
            (Python, "class A(B):\n    x = 1\n", Type, "A", 1..2, 0),
            (Python, "X = [\n    1,\n    2,\n]\n", Data, "X", 1..3, 0),
            (Ruby, "# Doc.\ndef self.f?(x)\n  y\nrescue\n  z\nend\n", Function, "f", 2..5, 1),
            (
                JavaScript,
                "export const f = async (a, b) => {\n  g();\n};\n",
                Function,
                "f",
                1..2,
                0,
            ),
            (JavaScript, "x.y = {\n  z: 1,\n};\n", Data, "y", 1..2, 0),
            (
                TypeScript,
                "export function f<T>(a: T): Promise<T> {\n  g();\n}\n",
                Function,
                "f",
                1..2,
                0,
            ),
            (
                Java,
                "/** Doc. */\n@Override\npublic <T> List<T> f(int a)\n    throws E {\n  g();\n}\n",
                Function,
                "f",
                4..5,
                1,
            ),
            (Java, "@A(1)\npublic class B extends C<D> {\n  int x;\n}\n", Type, "B", 2..3, 0),
            (
                C,
                "static struct a *\nf(int x)\n{\n#ifdef X\n\tg();\n#endif\n}\n",
                Function,
                "f",
                3..6,
                0,
            ),
            (Cpp, "int A::f() const noexcept {\n  g();\n}\n", Function, "f", 1..2, 0),
            (
                CSharp,
                "    public T F<T>(U u)\n        where T : V\n    {\n        G();\n    }\n",
                Function,
                "F",
                3..4,
                0,
            ),
            (
                Kotlin,
                "private suspend fun String.`it works`(x: Int): Int {\n    g()\n}\n",
                Function,
                "it works",
                1..2,
                0,
            ),
            (Swift, "@A public init?(x: Int) throws {\n    g()\n}\n", Function, "init", 1..2, 0),
            (
                Php,
                "<?php\nfinal public function f(int $a): ?int\n{\n    g();\n}\n",
                Function,
                "f",
                3..4,
                0,
            ),
            (Bash, "f() {\n  g\n}\n", Function, "f", 1..2, 0),
        ] {
            assert_eq!(blocks(language, text), [(kind, name.to_owned(), body, doc)], "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_function_is_none() {
        for (language, text) in [
            (Language::Java, "Runnable r = new Runnable() {\n  int x;\n};\n"),
            (Language::JavaScript, "(function (a) {\n  g();\n})();\n"),
            (Language::JavaScript, "if (a) {\n  g();\n} else if (b) {\n  h();\n}\n"),
            (
                Language::Rust,
                "let f: fn(i32) -> i32 = {\n    g\n};\nmatch f(x) {\n    _ => 1,\n}\n",
            ),
            (Language::Go, "x := func() {\n\tg()\n}\n"),
            (Language::Python, "def f(): return 1\n"),
            (Language::Ruby, "def f(x) = x + 1\n"),
        ] {
            let functions = |b: &(BlockKind, _, _, _)| b.0 == BlockKind::Function;
            assert!(!blocks(language, text).iter().any(functions), "{text}");
        }
    }

    #[test]
    fn a_body_whose_end_is_in_doubt_has_no_lines() {
        let text = "void f() {\n  a();\n  }\nvoid g() {\n  b();\n}\n";
        let bodies: Vec<_> = blocks(Language::C, text).into_iter().map(|b| (b.1, b.2)).collect();
        assert_eq!(bodies, [("f".to_owned(), 1..1), ("g".to_owned(), 4..5)]);
        // Both branches open a brace that is closed once.
        let text =
            "#if A\nint f() {\n#else\nint f(int x) {\n#endif\n  a();\n}\nint g() {\n  b();\n}\n";
        assert_eq!(blocks(Language::C, text).last().map(|b| b.2.clone()), Some(8..9));
    }

    #[test]
    fn members_know_their_type() {
        let text = "struct A;\n\nimpl A {\n    fn f() {\n        g();\n    }\n}\n";
        let outline = outline(text, &Lines::of(text), Language::Rust);
        let f = outline.blocks.last().unwrap();
        assert_eq!(
            (f.name.as_str(), &outline.blocks[f.parent.unwrap()].name),
            ("f", &"A".to_owned())
        );
    }

    proptest::proptest! {
        #[test]
        fn blocks_of_any_text_lie_in_it(
            text in "(class A|def f|fn f|end|if|=|\\(|\\)|\\{|\\}|\\[|\\]|:|;|,|\"|'|`|<|>|\n|\n  |\n    | |#|//|/\\*|\\*/|é){0,60}"
        ) {
            let lines = Lines::of(&text);
            for language in Language::all() {
                let outline = outline(&text, &lines, language);
                for (at, block) in outline.blocks.iter().enumerate() {
                    let Block { lines: all, signature, doc, body, parent, .. } = block;
                    proptest::prop_assert!(all.start <= signature.start && signature.end <= all.end);
                    proptest::prop_assert!(all.end <= lines.count() && body.end <= all.end);
                    proptest::prop_assert!(signature.start < signature.end && body.start <= body.end);
                    proptest::prop_assert!(signature.end <= body.start && doc.end <= lines.count());
                    proptest::prop_assert!(parent.is_none_or(|parent| parent < at));
                }
            }
        }
    }
}
