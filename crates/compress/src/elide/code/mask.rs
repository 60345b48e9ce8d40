//! Masks strings and comments in code, so that brackets, words and indentation can be read. It
//! applies lexical rules, not a grammar; where they are wrong, the indentation that has to agree
//! prevents a wrong omission (see `blocks`).

use std::ops::Range;

use languages::Language;

/// The lexical rules of a language's comments and strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lexis {
    /// What opens a line comment.
    line: &'static [&'static str],
    /// Whether `/* … */` is a comment.
    block: bool,
    /// Whether a line that begins with `#` is a preprocessor directive.
    directives: bool,
    /// Whether `"…"` and `'…'` may span lines.
    long: bool,
    /// Whether three quotes open a string that may span lines.
    triple: bool,
    tick: Tick,
    backtick: Backtick,
    /// Whether `/…/` may be a regular expression.
    regex: bool,
    /// What opens a heredoc.
    heredoc: Option<&'static str>,
}

/// The meaning of `'`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tick {
    String,
    /// A character literal, or a lifetime.
    Character,
}

/// The meaning of a backtick.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Backtick {
    Nothing,
    /// A string without escapes.
    Raw,
    /// A template with code in `${…}`.
    Template,
}

const C_LIKE: Lexis = Lexis {
    line: &["//"],
    block: true,
    directives: false,
    long: false,
    triple: false,
    tick: Tick::Character,
    backtick: Backtick::Nothing,
    regex: false,
    heredoc: None,
};

const SCRIPT: Lexis =
    Lexis { line: &["#"], block: false, long: true, tick: Tick::String, ..C_LIKE };

fn lexis(language: Language) -> Option<Lexis> {
    use Language::*;
    Some(match language {
        Python => Lexis { long: false, triple: true, ..SCRIPT },
        Ruby => Lexis { long: false, heredoc: Some("<<"), ..SCRIPT },
        Bash => Lexis { heredoc: Some("<<"), ..SCRIPT },
        Php => Lexis { line: &["//", "#"], block: true, heredoc: Some("<<<"), ..SCRIPT },
        JavaScript | TypeScript | Tsx | Vue | Svelte => {
            let tick = Tick::String;
            Lexis { tick, backtick: Backtick::Template, regex: true, ..C_LIKE }
        }
        Rust => Lexis { long: true, ..C_LIKE },
        Go => Lexis { backtick: Backtick::Raw, ..C_LIKE },
        C | Cpp => Lexis { directives: true, ..C_LIKE },
        CSharp => Lexis { directives: true, triple: true, ..C_LIKE },
        Sql => Lexis { line: &["--"], block: true, ..SCRIPT },
        Java | Kotlin | Scala | Swift => Lexis { triple: true, ..C_LIKE },
        _ => return None,
    })
}

/// Masked code.
#[derive(Debug)]
pub(super) struct Masked {
    /// The bytes of the text, with comments and strings, except for their first quote, replaced by
    /// blanks. Line ends are preserved.
    pub code: Vec<u8>,
    /// The offsets of lines that begin inside a string or comment.
    pub inside: Vec<usize>,
    /// The byte ranges of comments, in order.
    pub comments: Vec<Range<usize>>,
}

/// Masks `text`; `None` for a language without lexical rules here.
pub(super) fn mask(text: &str, language: Language) -> Option<Masked> {
    let lexis = lexis(language)?;
    let code = text.as_bytes().to_vec();
    let masked = Masked { code, inside: Vec::new(), comments: Vec::new() };
    let mut masker = Masker {
        text: text.as_bytes(),
        lexis,
        at: 0,
        line: 0,
        masked,
        templates: Vec::new(),
        ahead: LOOK_AHEAD * text.len(),
    };
    masker.run();
    Some(masker.masked)
}

/// The average number of times that each byte may be scanned for a closing delimiter, which bounds
/// the time for texts without one. By hand, not measured.
const LOOK_AHEAD: usize = 4;

struct Masker<'t> {
    text: &'t [u8],
    lexis: Lexis,
    at: usize,
    /// The start of the line of `at`.
    line: usize,
    masked: Masked,
    /// For each template around the current code, how many braces are open in that code.
    templates: Vec<usize>,
    /// The remaining budget of bytes for lookahead.
    ahead: usize,
}

impl Masker<'_> {
    fn run(&mut self) {
        while let Some(&byte) = self.text.get(self.at) {
            match byte {
                b'"' | b'\'' | b'`' => self.quote(byte),
                b'/' | b'#' | b'-' => self.comment_or(byte),
                b'<' => self.heredoc(),
                b'{' => {
                    self.templates.last_mut().into_iter().for_each(|open| *open += 1);
                    self.at += 1;
                }
                b'}' => self.brace(),
                b'\n' => {
                    self.at += 1;
                    self.line = self.at;
                }
                _ => self.at += 1,
            }
        }
    }

    fn brace(&mut self) {
        self.at += 1;
        match self.templates.last_mut() {
            // The code in a template ends, and its text continues.
            Some(0) => {
                self.templates.pop();
                let start = self.at - 1;
                let end = self.template(self.at);
                self.blank(start, end);
                self.at = end;
            }
            Some(open) => *open -= 1,
            None => {}
        }
    }

    fn starts(&self, with: &str) -> bool {
        self.text[self.at..].starts_with(with.as_bytes())
    }

    /// The text before the current byte on its line.
    fn before(&self) -> &[u8] {
        &self.text[self.line..self.at]
    }

    fn comment_or(&mut self, byte: u8) {
        let is_word = self.before().last().is_some_and(|b| !b.is_ascii_whitespace());
        let directive =
            byte == b'#' && self.lexis.directives && self.before().trim_ascii().is_empty();
        // `$#` and `x#y` are no comments of a shell.
        let opens =
            |opening: &&str| self.starts(opening) && (byte != b'#' || self.lexis.block || !is_word);
        if directive {
            self.comment(self.end_of_directive());
        } else if self.lexis.line.iter().any(opens) {
            self.comment(self.end_of_line(self.at));
        } else if self.lexis.block && self.starts("/*") {
            let end = memchr::memmem::find(&self.text[self.at + 2..], b"*/");
            self.comment(end.map_or(self.text.len(), |end| self.at + 2 + end + 2));
        } else if byte == b'/' && self.lexis.regex && self.may_be_regex() {
            let end = self.regex();
            self.string(self.at, end);
        } else {
            self.at += 1;
        }
    }

    fn end_of_line(&self, from: usize) -> usize {
        memchr::memchr(b'\n', &self.text[from..]).map_or(self.text.len(), |end| from + end)
    }

    /// A directive continues after a backslash at the end of its line.
    fn end_of_directive(&self) -> usize {
        let mut end = self.end_of_line(self.at);
        while end < self.text.len() && self.text[..end].trim_ascii_end().ends_with(b"\\") {
            end = self.end_of_line(end + 1);
        }
        end
    }

    /// A slash is a division if the text before it is an operand.
    fn may_be_regex(&self) -> bool {
        let before = self.before().trim_ascii_end();
        let word = before.rsplit(|b| !b.is_ascii_alphanumeric()).next().unwrap_or_default();
        match before.last() {
            None => true,
            Some(byte) => {
                b"(,=:[!&|?{};+~^<>".contains(byte)
                    || [&b"return"[..], b"typeof", b"case", b"in", b"of"].contains(&word)
            }
        }
    }

    fn regex(&mut self) -> usize {
        let mut in_class = false;
        let mut at = self.at + 1;
        while let Some(&byte) = self.text.get(at).filter(|_| self.ahead > 0) {
            self.ahead -= 1;
            match byte {
                b'\\' => at += 1,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => return at + 1,
                b'\n' => break,
                _ => {}
            }
            at += 1;
        }
        // It wasn't a regular expression.
        self.at + 1
    }

    fn quote(&mut self, quote: u8) {
        let triple = [quote; 3];
        let end = match quote {
            b'`' => match self.lexis.backtick {
                Backtick::Nothing => self.at + 1,
                Backtick::Raw => self.find(b"`", self.at + 1),
                Backtick::Template => self.template(self.at + 1),
            },
            _ if self.lexis.triple && self.text[self.at..].starts_with(&triple) => {
                self.find(&triple, self.at + 3)
            }
            b'\'' if self.lexis.tick == Tick::Character => self.character(),
            _ => self.raw().unwrap_or_else(|| self.escaped(quote, self.lexis.long)),
        };
        self.string(self.at, end);
    }

    /// The position after the next `end` from `from` on.
    fn find(&self, end: &[u8], from: usize) -> usize {
        let rest = self.text.get(from..).unwrap_or_default();
        memchr::memmem::find(rest, end).map_or(self.text.len(), |at| from + at + end.len())
    }

    /// The end of Rust's `r#"…"#`, C++'s `R"x(…)x"` and C#'s `@"…"`.
    fn raw(&self) -> Option<usize> {
        let before = self.before();
        let hashes = before.iter().rev().take_while(|&&byte| byte == b'#').count();
        let prefix = before[..before.len() - hashes].last()?;
        let mut end = vec![b'"'];
        match prefix {
            b'r' if self.lexis.long => end.resize(1 + hashes, b'#'),
            b'R' if self.lexis.directives => {
                let rest = &self.text[self.at + 1..];
                let name = &rest[..rest.iter().take(17).position(|&byte| byte == b'(')?];
                end = [b")", name, b"\""].concat();
            }
            b'@' => {}
            _ => return None,
        }
        Some(self.find(&end, self.at + 1))
    }

    /// The end of a string with backslash escapes.
    fn escaped(&self, quote: u8, long: bool) -> usize {
        let mut at = self.at + 1;
        while let Some(found) =
            self.text.get(at..).and_then(|rest| memchr::memchr3(quote, b'\\', b'\n', rest))
        {
            at += found;
            match self.text[at] {
                b'\\' => at += 2,
                b'\n' if long => at += 1,
                // It wasn't a string, or isn't closed.
                b'\n' => return at,
                _ => return at + 1,
            }
        }
        self.text.len()
    }

    fn character(&self) -> usize {
        let rest = &self.text[self.at + 1..];
        match rest {
            [b'\\', ..] => self.escaped(b'\'', false),
            [first, ..] => {
                // One character has up to four bytes.
                let length = 1 + rest[1..].iter().take_while(|&&b| b & 0xc0 == 0x80).count();
                let closed = first != &b'\n' && rest.get(length) == Some(&b'\'');
                self.at + 1 + if closed { length + 1 } else { 0 }
            }
            [] => self.at + 1,
        }
    }

    /// The end of the text of a template from `from` on: at embedded code, or after its backtick.
    fn template(&mut self, from: usize) -> usize {
        let mut at = from;
        while let Some(&byte) = self.text.get(at) {
            match byte {
                b'\\' => at += 1,
                b'`' => return at + 1,
                b'$' if self.text.get(at + 1) == Some(&b'{') => {
                    self.templates.push(0);
                    return at + 2;
                }
                _ => {}
            }
            at += 1;
        }
        self.text.len()
    }

    fn heredoc(&mut self) {
        let text = self.text;
        let word = self.lexis.heredoc.filter(|opening| self.starts(opening)).and_then(|opening| {
            let rest = text[self.at + opening.len()..].trim_ascii_start();
            let skipped = rest.iter().take_while(|byte| b"-~'\"".contains(byte)).count();
            let word =
                rest[skipped..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_');
            let word = &rest[skipped..][..word.count()];
            word.first()?.is_ascii_uppercase().then_some(word)
        });
        let end = word.and_then(|word| self.line_of(word));
        match end {
            // The rest of the opening line is code; it is masked with the text.
            Some(end) => self.string(self.at, end),
            None => self.at += 1,
        }
    }

    /// The end of the next line that consists of `word` and what ends a statement.
    fn line_of(&mut self, word: &[u8]) -> Option<usize> {
        let mut start = self.at;
        while start < self.text.len() && self.ahead > 0 {
            let end = self.end_of_line(start);
            self.ahead = self.ahead.saturating_sub(end - start + 1);
            let line = self.text[start..end].trim_ascii();
            if line.strip_prefix(word).is_some_and(|rest| rest.iter().all(|b| b";,)".contains(b))) {
                return Some(end);
            }
            start = end + 1;
        }
        None
    }

    fn comment(&mut self, end: usize) {
        self.masked.comments.push(self.at..end);
        self.blank(self.at, end);
        self.at = end;
    }

    fn string(&mut self, start: usize, end: usize) {
        let end = end.min(self.text.len());
        self.blank((start + 1).min(end), end);
        self.at = end.max(self.at);
    }

    fn blank(&mut self, start: usize, end: usize) {
        for at in start..end {
            match self.masked.code[at] {
                b'\n' => {
                    self.masked.inside.push(at + 1);
                    self.line = at + 1;
                }
                _ => self.masked.code[at] = b' ',
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(language: Language, text: &str) -> String {
        let masked = mask(text, language).unwrap();
        let code = String::from_utf8(masked.code).unwrap();
        code.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
    }

    #[test]
    fn strings_and_comments_are_blank() {
        use Language::*;
        for (language, text, expected) in [
            (
                Rust,
                "f('{', \"}\\\"{\", r#\"a\"}\"#); // {\nlet x: &'a str;",
                "f('  , \"     , r#\"     );\nlet x: &'a str;\n",
            ),
            (Rust, "/* { \n } */ {\n", "\n      {\n"),
            (Python, "x = '''\n}\n''' # {\n\"it's\"\n", "x = '\n\n\n\"\n"),
            (
                JavaScript,
                "a = /[/{]/; b = a / c; `x ${f({})} {`",
                "a = /     ; b = a / c; `    f({})\n",
            ),
            (C, "#define X { \\\n {\nchar c = '\"'; {\n", "\n\nchar c = '  ; {\n"),
            (Cpp, "R\"x( \" )\" { )x\" }\n", "R\"              }\n"),
            (Go, "`{\n` {\n", "`\n  {\n"),
            (Bash, "x=$# # {\ncat <<'EOF'\n{ it's\nEOF\n}\n", "x=$#\ncat <\n\n\n}\n"),
            (Sql, "-- it's {\nselect '{' - 1 /* { */;\n", "\nselect '   - 1        ;\n"),
            (CSharp, "@\"a\\\" {\n", "@\"    {\n"),
        ] {
            assert_eq!(code(language, text), expected, "{language:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_keeps_its_length_and_lines(text in "[ \\n\\\\'\"`/*#{}()<rR@$-E\u{e9}]{0,60}") {
            for language in Language::all() {
                let Some(masked) = mask(&text, language) else { continue };
                prop_assert_eq!(masked.code.len(), text.len());
                let ends = |bytes: &[u8]| memchr::memchr_iter(b'\n', bytes).collect::<Vec<_>>();
                prop_assert_eq!(ends(&masked.code), ends(text.as_bytes()));
                prop_assert!(masked.comments.is_sorted_by_key(|range| range.start));
            }
        }
    }
}
