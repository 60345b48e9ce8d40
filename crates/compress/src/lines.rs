//! Access to a text by lines, and to the JSON document that it may be.

use std::ops::Range;

use json_index::Index;

/// The texts between the line ends of `text`; if it ends in a line end, the last one is empty.
pub(crate) fn split(text: &str) -> impl Iterator<Item = &str> + Clone {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).chain([text.len()]);
    let mut start = 0;
    ends.map(move |end| {
        let line = &text[start..end];
        start = end + 1;
        line
    })
}

/// The lines of a text, by index from 0. The last one may lack a line end; no empty line follows a
/// final line end.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    text: &'a str,
    /// Where each line begins, and the end of the text.
    bounds: Vec<u32>,
    /// See [`Lines::json`].
    json: Option<Index<'a>>,
}

impl<'a> Lines<'a> {
    /// The lines of `text`, which must be shorter than 2³² bytes; a longer one has none.
    pub(crate) fn of(text: &'a str) -> Self {
        let mut bounds = Vec::with_capacity(text.len() / 32 + 2);
        bounds.push(0);
        if let Ok(length) = u32::try_from(text.len()) {
            bounds.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at as u32 + 1));
            if bounds.last() != Some(&length) {
                bounds.push(length);
            }
        }
        Self { text, bounds, json: None }
    }

    /// The same, with the index of a JSON document.
    pub(crate) fn with_json(text: &'a str, json: Option<Index<'a>>) -> Self {
        Self { json, ..Self::of(text) }
    }

    /// The index of the text without white space around it, if it was detected as JSON and not cut in a string.
    pub(crate) fn json(&self) -> Option<&Index<'a>> {
        self.json.as_ref()
    }

    /// The whole text.
    pub(crate) fn text(&self) -> &'a str {
        self.text
    }

    pub(crate) fn count(&self) -> usize {
        self.bounds.len() - 1
    }

    /// The line at `index`, without its line end.
    pub(crate) fn get(&self, index: usize) -> &'a str {
        let line = self.slice(index..index + 1);
        line.strip_suffix('\n').unwrap_or(line)
    }

    /// The lines in `range`, with their line ends.
    pub(crate) fn slice(&self, range: Range<usize>) -> &'a str {
        &self.text[self.bounds[range.start] as usize..self.bounds[range.end] as usize]
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &'a str> + Clone {
        (0..self.count()).map(|index| self.get(index))
    }

    /// A sample of at most twice `most` lines, evenly spaced.
    pub(crate) fn sample(&self, most: usize) -> impl Iterator<Item = &'a str> + Clone {
        (0..self.count()).step_by((self.count() / most).max(1)).map(|index| self.get(index))
    }

    /// Where each line ends, behind its line end.
    pub(crate) fn ends(&self) -> impl Iterator<Item = usize> {
        self.bounds[1..].iter().map(|&end| end as usize)
    }

    /// The index of the line that contains byte `at`.
    pub(crate) fn at(&self, at: usize) -> usize {
        self.bounds.partition_point(|&start| start as usize <= at).saturating_sub(1)
    }

    /// The byte offset at which the line at `index` begins.
    pub(crate) fn start(&self, index: usize) -> usize {
        self.bounds[index] as usize
    }
}

/// `line` without a line number as `cat -n` writes it.
pub(crate) fn unnumbered(line: &str) -> &str {
    let inner = line.trim_start_matches(' ');
    let digits = inner.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return line;
    }
    let rest = &inner[digits..];
    rest.strip_prefix('\t')
        .or_else(|| rest.strip_prefix('→'))
        .or_else(|| rest.strip_prefix(": "))
        .unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_between_line_ends() {
        for text in ["", "\n", "a", "a\n", "\na\n\nb", "a\r\nb\n\n"] {
            assert!(split(text).eq(text.split('\n')), "{text:?}");
        }
    }
}
