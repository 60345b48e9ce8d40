//! Finds blocks in languages that delimit bodies by indentation: up to the next line that isn't
//! indented (Python), or to an `end` at the definition's indentation (Ruby).

use languages::Language;

use super::blocks::{Block, BlockKind, Code, Outline, assigned, text, word};

/// The outline of `code`.
pub(super) fn outline(code: &Code, language: Language) -> Outline {
    let is_python = language == Language::Python;
    let depths = depths(code, is_python);
    let mut scan = Scan { code, depths, is_python, open: Vec::new(), blocks: Vec::new() };
    let mut values = Vec::new();
    for line in 0..code.lines.count() {
        if !scan.begins(line) {
            continue;
        }
        scan.close(line);
        if scan.define(line) || scan.is_in_function() {
            continue;
        }
        if let Some(name) = assigned(code.line(line)) {
            values.push(text(name));
            scan.data(line, name);
        }
    }
    scan.close_all();
    Outline { blocks: scan.blocks, values }
}

/// The number of open brackets at the beginning of each line. Ruby has brackets in literals that
/// aren't recognised here, so the count restarts at lines that begin or end a definition.
fn depths(code: &Code, is_python: bool) -> Vec<u32> {
    let mut depth = 0_u32;
    (0..code.lines.count())
        .map(|line| {
            let first = word(code.line(line).trim_ascii_start());
            if !is_python && [&b"def"[..], b"class", b"module", b"end"].contains(&first) {
                depth = 0;
            }
            let before = depth;
            for byte in code.line(line) {
                match byte {
                    b'(' | b'[' | b'{' => depth += 1,
                    b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            before
        })
        .collect()
}

struct Scan<'c> {
    code: &'c Code<'c>,
    depths: Vec<u32>,
    is_python: bool,
    /// The open blocks: their indices and indentations.
    open: Vec<(usize, usize)>,
    blocks: Vec<Block>,
}

impl Scan<'_> {
    /// Whether a statement begins on the line.
    fn begins(&self, line: usize) -> bool {
        self.depths[line] == 0 && !self.code.is_inside(line) && !self.code.is_blank(line)
    }

    fn is_in_function(&self) -> bool {
        self.open.iter().any(|&(block, _)| self.blocks[block].kind == BlockKind::Function)
    }

    /// Closes the blocks that `line` is not in.
    fn close(&mut self, line: usize) {
        let indent = self.code.indent(line);
        while let Some(&(block, opened)) = self.open.last() {
            if indent > opened || indent == opened && self.goes_on(line) {
                return;
            }
            self.open.pop();
            let is_end = !self.is_python
                && indent == opened
                && word(&self.code.line(line)[indent..]) == b"end";
            self.end(block, if is_end { line + 1 } else { line }, self.is_python || is_end);
        }
    }

    /// Whether a line at the indentation of Ruby's `def` belongs to its body.
    fn goes_on(&self, line: usize) -> bool {
        let first = word(self.code.line(line).trim_ascii_start());
        !self.is_python && [&b"rescue"[..], b"ensure", b"else"].contains(&first)
    }

    fn close_all(&mut self) {
        let last = self.code.lines.count();
        while let Some((block, _)) = self.open.pop() {
            self.end(block, last, self.is_python);
        }
    }

    /// Closes `block` before line `end`; `is_whole`: at an expected end.
    fn end(&mut self, block: usize, mut end: usize, is_whole: bool) {
        let block = &mut self.blocks[block];
        let opened = block.signature.end;
        if self.is_python {
            // Less indented comments belong to the next definition.
            let indent = self.code.indent(block.signature.start);
            while end > opened {
                let line = self.code.lines.get(end - 1);
                let blank = line.trim().is_empty();
                let outer = || line.len() - line.trim_start().len() <= indent;
                let comment =
                    self.code.is_blank(end - 1) && !self.code.is_inside(end - 1) && outer();
                if !blank && !comment {
                    break;
                }
                end -= 1;
            }
        }
        block.lines.end = end.max(opened);
        let last = if self.is_python { block.lines.end } else { end.saturating_sub(1).max(opened) };
        block.body = if is_whole { opened..last } else { opened..opened };
    }

    /// Opens the block that `line` defines, if any.
    fn define(&mut self, line: usize) -> bool {
        let code = self.code.line(line).trim_ascii_start();
        let code = match code.strip_prefix(b"async ") {
            Some(rest) if self.is_python => rest.trim_ascii_start(),
            _ => code,
        };
        let keyword = word(code);
        let kind = match keyword {
            b"def" => BlockKind::Function,
            b"class" => BlockKind::Type,
            b"module" if !self.is_python => BlockKind::Type,
            _ => return false,
        };
        let rest = code[keyword.len()..].trim_ascii_start();
        let rest = rest.strip_prefix(b"self.").unwrap_or(rest);
        let name = text(word(rest));
        let end = self.end_of_signature(line);
        // A body on the line of its signature opens no block.
        let last = self.code.line(end - 1);
        let opens = match self.is_python {
            true => last.ends_with(b":"),
            false => !last.ends_with(b"end") && !is_endless(rest),
        };
        if name.is_empty() || !opens {
            return true;
        }
        let (first, doc) = self.code.above(line);
        let parent = self.open.last().map(|&(block, _)| block);
        self.open.push((self.blocks.len(), self.code.indent(line)));
        let doc = if self.is_python { self.docstring(end) } else { doc };
        let (signature, body) = (line..end, end..end);
        self.blocks.push(Block { kind, name, lines: first..end, signature, doc, body, parent });
        true
    }

    /// The line after the one that closes the brackets that `line` opens.
    fn end_of_signature(&self, line: usize) -> usize {
        (line + 1..self.code.lines.count())
            .find(|&line| self.depths[line] == 0 && !self.code.is_inside(line))
            .unwrap_or(self.code.lines.count())
    }

    /// The lines of the string at the beginning of a body, if there is one.
    fn docstring(&self, body: usize) -> std::ops::Range<usize> {
        let count = self.code.lines.count();
        let first = (body..count).find(|&line| !self.code.is_blank(line));
        let is_string = |&line: &usize| {
            let code = self.code.line(line).trim_ascii_start();
            let quotes = code.strip_prefix(b"r").unwrap_or(code);
            quotes.iter().all(|byte| b"\"'".contains(byte)) && !self.code.is_inside(line)
        };
        let Some(first) = first.filter(is_string) else { return body..body };
        let end = (first + 1..count).find(|&line| !self.code.is_inside(line)).unwrap_or(count);
        first..end
    }

    /// A value whose brackets span lines.
    fn data(&mut self, line: usize, name: &[u8]) {
        let end = self.end_of_signature(line);
        let opens = self.code.line(line).last().is_some_and(|byte| b"[{(".contains(byte));
        if end < line + 3 || !opens {
            return;
        }
        // Brackets and indentation have to agree on the end of the value.
        let agrees = self.code.indent(end - 1) == self.code.indent(line);
        let body = if agrees { line + 1..end - 1 } else { line + 1..line + 1 };
        let (first, doc) = self.code.above(line);
        self.blocks.push(Block {
            kind: BlockKind::Data,
            name: text(name),
            lines: first..end,
            signature: line..line + 1,
            doc,
            body,
            parent: self.open.last().map(|&(block, _)| block),
        });
    }
}

/// Whether the text after Ruby's `def` is a one-line method: `name(args) = value`.
fn is_endless(rest: &[u8]) -> bool {
    let after = &rest[word(rest).len()..];
    let after = match after.first() {
        Some(b'(') => memchr::memchr(b')', after).map_or(&after[..0], |at| &after[at + 1..]),
        _ => after,
    };
    after.trim_ascii_start().starts_with(b"= ") && after.starts_with(b" ")
}
