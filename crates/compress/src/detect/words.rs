//! Splits a line for a shell into pipelines of commands, and these into words. Quotes hide blanks and operators;
//! here-documents and substitutions aren't read.

/// The commands of a pipeline, each as its words without the quotes around them.
pub(super) type Pipeline<'a> = Vec<Vec<&'a str>>;

/// The pipelines of `line`, in order, without empty commands.
pub(super) fn pipelines(line: &str) -> Vec<Pipeline<'_>> {
    let mut splitter = Splitter { line, ..Splitter::default() };
    let bytes = line.as_bytes();
    let mut quote = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1).copied();
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (None | Some(b'"'), b'\\') => at += 1,
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'|' | b'&' | b';' | b'\n') => {
                // `2>&1` and `&>file` are redirections.
                let redirects = byte == b'&' && (next == Some(b'>') || line[..at].ends_with('>'));
                if !redirects {
                    let is_double = matches!((byte, next), (b'|', Some(b'|')) | (b'&', Some(b'&')));
                    splitter.end_command(at);
                    if byte != b'|' || is_double {
                        splitter.end_pipeline();
                    }
                    // `|&` pipes too.
                    at += usize::from(is_double || (byte == b'|' && next == Some(b'&')));
                    splitter.start = at + 1;
                }
            }
            (None, byte) if byte.is_ascii_whitespace() => {
                splitter.end_word(at);
                splitter.start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    splitter.end_command(line.len());
    splitter.end_pipeline();
    splitter.done
}

/// What was found so far.
#[derive(Default)]
struct Splitter<'a> {
    line: &'a str,
    /// Where the current word begins.
    start: usize,
    words: Vec<&'a str>,
    pipeline: Pipeline<'a>,
    done: Vec<Pipeline<'a>>,
}

impl Splitter<'_> {
    fn end_word(&mut self, end: usize) {
        let word = self.line.get(self.start..end).map_or("", unquoted);
        if !word.is_empty() {
            self.words.push(word);
        }
    }

    fn end_command(&mut self, end: usize) {
        self.end_word(end);
        let words = std::mem::take(&mut self.words);
        if !words.is_empty() {
            self.pipeline.push(words);
        }
    }

    fn end_pipeline(&mut self) {
        let pipeline = std::mem::take(&mut self.pipeline);
        if !pipeline.is_empty() {
            self.done.push(pipeline);
        }
    }
}

/// `word` without the quotes that enclose all of it.
fn unquoted(word: &str) -> &str {
    ['\'', '"']
        .into_iter()
        .find_map(|quote| {
            let inner = word.strip_prefix(quote)?.strip_suffix(quote)?;
            (!inner.contains(quote)).then_some(inner)
        })
        .unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hide_operators() {
        for (line, expected) in [
            ("grep -E 'a|b; c' x | head -3", vec![vec!["grep -E a|b; c x", "head -3"]]),
            (
                "cd a && ls; pwd\nmake 2>&1 |& tail",
                vec![vec!["cd a"], vec!["ls"], vec!["pwd"], vec!["make 2>&1", "tail"]],
            ),
            ("a || b & c", vec![vec!["a"], vec!["b"], vec!["c"]]),
            ("cat \"a \\\" b\" c\\ d 'e'f", vec![vec!["cat \"a \\\" b\" c\\ d 'e'f"]]),
            ("echo 'open", vec![vec!["echo 'open"]]),
            ("make &> log", vec![vec!["make &> log"]]),
            (" ; | \n", vec![]),
            ("é\\", vec![vec!["é\\"]]),
        ] {
            let joined = |pipeline: Pipeline| -> Vec<String> {
                pipeline.iter().map(|words| words.join(" ")).collect()
            };
            let found: Vec<Vec<String>> = pipelines(line).into_iter().map(joined).collect();
            assert_eq!(found, expected, "{line}");
        }
    }
}
