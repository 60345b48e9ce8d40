//! Finds blocks in languages that delimit bodies by braces.

use languages::Language;

use super::blocks::{Block, BlockKind, Code, Outline, assigned, is_word, last_word, text, word};

/// The outline of `code`.
pub(super) fn outline(code: &Code, language: Language) -> Outline {
    let mut scan = Scan {
        code,
        style: Style::of(language),
        open: Vec::new(),
        statement: 0,
        group: None,
        line: 0,
        blocks: Vec::new(),
        values: Vec::new(),
    };
    scan.run();
    Outline { blocks: scan.blocks, values: scan.values }
}

/// How a function is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    /// By a keyword, preceded only by modifiers.
    Keyword(&'static [&'static [u8]]),
    /// By a keyword; or a name and parentheses at the beginning of a statement; or an arrow
    /// assigned to a name.
    Script,
    /// By a type, a name and parentheses.
    Typed,
}

impl Style {
    fn of(language: Language) -> Self {
        use Language::*;
        match language {
            Rust => Self::Keyword(&[b"fn"]),
            Go => Self::Keyword(&[b"func"]),
            Kotlin => Self::Keyword(&[b"fun", b"constructor"]),
            Swift => Self::Keyword(&[b"func", b"init", b"deinit", b"subscript"]),
            Scala => Self::Keyword(&[b"def"]),
            Php => Self::Keyword(&[b"function"]),
            JavaScript | TypeScript | Tsx | Vue | Svelte => Self::Script,
            _ => Self::Typed,
        }
    }
}

/// Keywords before parentheses and a brace that are not functions.
const CONTROL: &[&[u8]] = &[
    b"if",
    b"for",
    b"while",
    b"switch",
    b"catch",
    b"with",
    b"elif",
    b"foreach",
    b"when",
    b"until",
    b"unless",
    b"match",
    b"synchronized",
    b"using",
    b"lock",
    b"fixed",
    b"return",
    b"sizeof",
    b"guard",
    b"select",
    b"do",
    b"else",
    b"new",
    b"await",
    b"throw",
    b"typeof",
    b"case",
    b"in",
    b"of",
    b"checked",
    b"function",
];
/// Keywords that begin a type.
const TYPES: &[&[u8]] = &[
    b"class",
    b"interface",
    b"trait",
    b"record",
    b"object",
    b"impl",
    b"protocol",
    b"extension",
    b"namespace",
    b"mod",
    b"module",
    b"struct",
    b"enum",
    b"union",
    b"actor",
];
/// Those that may also begin the return type of a function in C.
const ALSO_RETURNED: &[&[u8]] = &[b"struct", b"enum", b"union"];

/// Deeper nesting wasn't written by people, and scanning stops there: each bracket looks through
/// the enclosing ones, which would be quadratic. By hand, not measured.
const DEEPEST: usize = 128;

/// An open bracket.
struct Open {
    bracket: u8,
    at: usize,
    line: usize,
    block: Option<usize>,
    /// The start of the statement around it, and the last parentheses in that statement.
    statement: usize,
    group: Option<(usize, usize)>,
}

struct Scan<'c> {
    code: &'c Code<'c>,
    style: Style,
    open: Vec<Open>,
    /// The start of the current statement.
    statement: usize,
    /// The last pair of parentheses in it.
    group: Option<(usize, usize)>,
    line: usize,
    blocks: Vec<Block>,
    values: Vec<String>,
}

impl<'c> Scan<'c> {
    fn bytes(&self) -> &'c [u8] {
        &self.code.masked.code
    }

    fn run(&mut self) {
        for (at, &byte) in self.bytes().iter().enumerate() {
            if self.open.len() > DEEPEST {
                return;
            }
            match byte {
                // Go's `interface{}` opens nothing.
                b'{' | b'}' if self.is_empty_type(at) => {}
                b'\n' => self.end_of_line(),
                b'{' | b'(' | b'[' => self.open(byte, at),
                b'}' | b')' | b']' => self.close(byte, at),
                b';' => self.next_statement(at + 1),
                b',' if self.open.last().is_some_and(|open| open.bracket != b'{') => {
                    self.next_statement(at + 1);
                }
                _ => {}
            }
        }
    }

    fn is_empty_type(&self, at: usize) -> bool {
        let (before, after) = self.bytes().split_at(at);
        let pair = match after {
            [b'{', b'}', ..] => before,
            [b'}', ..] if before.ends_with(b"{") => &before[..at - 1],
            _ => return false,
        };
        pair.ends_with(b"interface") || pair.ends_with(b"struct")
    }

    fn next_statement(&mut self, at: usize) {
        (self.statement, self.group) = (at, None);
    }

    /// Whether a line is in a function. A line indented no deeper than a function isn't in it: the
    /// end of that function was missed, as where conditional code opens it twice.
    fn is_in_function(&self, line: usize) -> bool {
        let around = |block: usize| {
            let block = &self.blocks[block];
            let outer = self.code.indent(block.signature.start) < self.code.indent(line);
            block.kind == BlockKind::Function && outer
        };
        self.open.iter().filter_map(|open| open.block).any(around)
    }

    fn end_of_line(&mut self) {
        if self.open.iter().all(|open| open.bracket == b'{')
            && !self.is_in_function(self.line)
            && let Some(name) = assigned(self.code.line(self.line))
        {
            self.values.push(text(name));
        }
        self.line += 1;
    }

    fn open(&mut self, bracket: u8, at: usize) {
        let block = match bracket {
            b'{' => self.definition(at).or_else(|| self.data(at)),
            _ => self.data(at),
        };
        let block = block.map(|block| {
            self.blocks.push(block);
            self.blocks.len() - 1
        });
        let (statement, group) = (self.statement, self.group);
        self.open.push(Open { bracket, at, line: self.line, block, statement, group });
        self.next_statement(at + 1);
    }

    fn close(&mut self, bracket: u8, at: usize) {
        let opening = match bracket {
            b'}' => b'{',
            b')' => b'(',
            _ => b'[',
        };
        let indent = self.code.indent(self.line);
        let is_first = self.code.lines.start(self.line) + indent == at;
        let matches = |open: &Open| {
            // A closing bracket at the beginning of a line closes the one opened on a line with the
            // same indentation, so that an unbalanced bracket, as in conditional code, doesn't
            // shift all that follows.
            open.bracket == opening && (!is_first || self.code.indent(open.line) == indent)
        };
        let found = self.open.iter().rposition(matches);
        let found = found.or_else(|| self.open.iter().rposition(|open| open.bracket == opening));
        let Some(found) = found.filter(|_| bracket == b'}' || self.is_near(opening)) else {
            return;
        };
        self.open.truncate(found + 1);
        let Some(open) = self.open.pop() else { return };
        if let Some(block) = open.block {
            self.end(block, is_first, indent);
        }
        match bracket {
            b'}' => self.next_statement(at + 1),
            _ => {
                (self.statement, self.group) = (open.statement, open.group);
                if bracket == b')' {
                    self.group = Some((open.at, at));
                }
            }
        }
    }

    /// Whether the last open bracket is of this kind; otherwise it doesn't match.
    fn is_near(&self, opening: u8) -> bool {
        self.open.last().is_some_and(|open| open.bracket == opening)
    }

    fn end(&mut self, block: usize, is_first: bool, indent: usize) {
        let block = &mut self.blocks[block];
        block.lines.end = self.line + 1;
        let opened = block.signature.end;
        let begins = self.code.indent(block.signature.start);
        let agrees = is_first && (indent == begins || indent == self.code.indent(opened - 1));
        block.body = opened..if agrees { self.line.max(opened) } else { opened };
    }

    /// The function or type whose body begins with the brace at `at`.
    fn definition(&self, at: usize) -> Option<Block> {
        let header = &self.bytes()[self.statement..at];
        let (kind, start, name) = self
            .function(header, at)
            .map(|(start, name)| (BlockKind::Function, start, name))
            .or_else(|| {
                let (start, name) = type_of(header)?;
                Some((BlockKind::Type, self.statement + start, name))
            })?;
        Some(self.block(kind, start, text(name)))
    }

    fn block(&self, kind: BlockKind, start: usize, name: String) -> Block {
        let first = self.code.lines.at(start);
        let (above, doc) = self.code.above(first);
        let end = self.line + 1;
        let parent = self.open.iter().rev().find_map(|open| open.block);
        let (lines, signature, body) = (above..end, first..end, end..end);
        Block { kind, name, lines, signature, doc, body, parent }
    }

    /// The start and name of the function with the head `header`, up to the brace at `at`.
    fn function(&self, header: &'c [u8], at: usize) -> Option<(usize, &'c [u8])> {
        let (open, close) = self.group?;
        let before = &self.bytes()[self.statement..open];
        let after = self.bytes()[close + 1..at].trim_ascii();
        match self.style {
            Style::Keyword(words) => self.by_keyword(header, words),
            Style::Script => self
                .by_keyword(header, &[b"function"])
                .or_else(|| self.given_a_name(before, after))
                .or_else(|| self.method(before, after)),
            Style::Typed => self.typed(before, after),
        }
    }

    /// A line of the header with one of `words`, preceded only by modifiers.
    fn by_keyword(&self, header: &'c [u8], words: &[&[u8]]) -> Option<(usize, &'c [u8])> {
        let mut end = header.len();
        loop {
            let line = last_line(&header[..end]);
            if let Some(name) = named_by(line, &header[end..], words) {
                return Some((self.statement + end - line.len(), name));
            }
            end = memchr::memrchr(b'\n', &header[..end])?;
        }
    }

    /// `name = async (…) =>`, `name: function (…)`.
    fn given_a_name(&self, before: &'c [u8], after: &[u8]) -> Option<(usize, &'c [u8])> {
        let line = last_line(before);
        let mut given = line.trim_ascii_end();
        if !after.ends_with(b"=>") {
            given = given.strip_suffix(b"*").unwrap_or(given).trim_ascii_end();
            given = given.strip_suffix(b"function")?.trim_ascii_end();
        }
        let given = given.strip_suffix(b"async").unwrap_or(given).trim_ascii_end();
        let given = given.strip_suffix(b"=").or_else(|| given.strip_suffix(b":"))?;
        let typed = memchr::memchr(b':', given).unwrap_or(given.len());
        let name = last_word(given[..typed].trim_ascii_end());
        (!name.is_empty()).then_some((self.statement + before.len() - line.len(), name))
    }

    /// `async name(…): type`, where a statement begins.
    fn method(&self, before: &'c [u8], after: &[u8]) -> Option<(usize, &'c [u8])> {
        (after.is_empty() || after.starts_with(b":")).then_some(())?;
        let line = last_line(before);
        let head = without_generics(line.trim_ascii_end());
        let name = last_word(head);
        let modifiers = &head[..head.len() - name.len()];
        let plain = modifiers.iter().all(|&b| is_word(b) || b" \t*#".contains(&b));
        let is_control = CONTROL.contains(&name) || CONTROL.contains(&word(line));
        (plain && !name.is_empty() && !is_control)
            .then_some((self.statement + before.len() - line.len(), name))
    }

    /// `type name(…) qualifiers`, without an assignment or `new`, outside functions.
    fn typed(&self, before: &'c [u8], after: &[u8]) -> Option<(usize, &'c [u8])> {
        let head = before.trim_ascii();
        let start = self.statement + before.len() - before.trim_ascii_start().len();
        let plain = without_generics(head);
        let name = last_word(plain);
        let is_annotation = plain[..plain.len() - name.len()].ends_with(b"@");
        let words = || head.split(|&byte| !is_word(byte)).filter(|word| !word.is_empty());
        let is_made = head.contains(&b'=') || words().any(|word| CONTROL.contains(&word));
        let is_type = words().any(|word| TYPES.contains(&word) && !ALSO_RETURNED.contains(&word))
            || type_of(after).is_some();
        let is_called = after.contains(&b'=') || after.starts_with(b".");
        let is_other = name.is_empty() || is_annotation || is_made || is_type || is_called;
        let nested = || self.is_in_function(self.code.lines.at(start));
        (!is_other && !nested()).then_some((start, name))
    }

    /// A value outside functions that begins with the bracket at `at`, if the line ends there.
    fn data(&self, at: usize) -> Option<Block> {
        let line = self.code.line(self.line);
        let column = at - self.code.lines.start(self.line);
        if column + 1 != line.len() || self.is_in_function(self.line) {
            return None;
        }
        let name = assigned(&line[..column])?;
        let start = self.code.lines.start(self.line) + self.code.indent(self.line);
        Some(self.block(BlockKind::Data, start, text(name)))
    }
}

/// The last line of `code`, without its indentation.
fn last_line(code: &[u8]) -> &[u8] {
    let start = memchr::memrchr(b'\n', code).map_or(0, |at| at + 1);
    code[start..].trim_ascii_start()
}

/// The name after one of `words` in `line`, if only modifiers precede it; `rest` is the text after
/// the line.
fn named_by<'c>(line: &'c [u8], rest: &'c [u8], words: &[&[u8]]) -> Option<&'c [u8]> {
    let mut at = 0;
    while at < line.len() {
        let word = word(&line[at..]);
        if TYPES.contains(&word) {
            return None;
        }
        if words.contains(&word) {
            let mut behind = line[at + word.len()..].trim_ascii_start();
            behind = behind.strip_prefix(b"*").unwrap_or(behind).trim_ascii_start();
            if behind.is_empty() {
                behind = rest.trim_ascii_start();
            }
            // The receiver of a method in Go, and the parameters of a generic function.
            for (opening, closing) in [(b'(', b')'), (b'<', b'>')] {
                if behind.first() == Some(&opening) && word != b"init" {
                    let end = memchr::memchr(closing, behind)?;
                    behind = behind[end + 1..].trim_ascii_start();
                }
            }
            let name = name_of(behind);
            return Some(if name.is_empty() { word } else { name }).filter(|_| {
                !name.is_empty()
                    || [&b"init"[..], b"deinit", b"subscript", b"constructor"].contains(&word)
            });
        }
        match line[at] {
            _ if !word.is_empty() => at += word.len(),
            // `pub(crate)`, `extern "C"`, `@Test`, `@(...)`.
            b' ' | b'\t' | b'(' | b')' | b'"' | b'@' | b'#' | b'[' | b']' => at += 1,
            _ => return None,
        }
    }
    None
}

/// The name at the beginning of `code`; of a dotted one the last part: `String.shout`.
fn name_of(code: &[u8]) -> &[u8] {
    if let Some(quoted) = code.strip_prefix(b"`") {
        return &quoted[..memchr::memchr(b'`', quoted).unwrap_or(0)];
    }
    let name = word(code);
    code[name.len()..].strip_prefix(b".").map_or(name, name_of)
}

/// `head` without the type parameters at its end.
fn without_generics(head: &[u8]) -> &[u8] {
    if !head.ends_with(b">") {
        return head;
    }
    let mut depth = 0_usize;
    for (at, byte) in head.iter().enumerate().rev() {
        match byte {
            b'>' => depth += 1,
            b'<' if depth == 1 => return head[..at].trim_ascii_end(),
            b'<' => depth -= 1,
            _ => {}
        }
    }
    head
}

/// The start and name of a type in `header`: the word after the keyword; for an implementation of a
/// trait, the implementing type.
fn type_of(header: &[u8]) -> Option<(usize, &[u8])> {
    let mut at = 0;
    let mut depth = 0_usize;
    while at < header.len() {
        let word = word(&header[at..]);
        if depth == 0 && TYPES.contains(&word) {
            return Some((
                at - last_line(&header[..at]).len(),
                type_name(&header[at + word.len()..]),
            ));
        }
        match header[at] {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b'=' if depth == 0 => return None,
            _ => {}
        }
        at += word.len().max(1);
    }
    None
}

fn type_name(rest: &[u8]) -> &[u8] {
    let of = memchr::memmem::find(rest, b" for ").map(|at| &rest[at + 5..]);
    let rest = of.unwrap_or(rest).trim_ascii_start();
    let rest = match rest.first() {
        Some(b'<') => memchr::memchr(b'>', rest).map_or(rest, |at| &rest[at + 1..]),
        _ => rest,
    };
    let is_name = |byte: &u8| is_word(*byte);
    let start = rest.iter().position(is_name).unwrap_or(rest.len());
    let mut name = word(&rest[start..]);
    let mut behind = &rest[start + name.len()..];
    while let Some(next) = behind.strip_prefix(b"::").or_else(|| behind.strip_prefix(b".")) {
        name = word(next);
        behind = &next[name.len()..];
    }
    name
}
