//! Splits a line for a shell into the commands that it runs, and these into their words.

use super::{RUNNERS, SHELLS, program};

/// Words of the shell that a command may follow.
pub(super) const KEYWORDS: [&str; 9] =
    ["!", "do", "else", "if", "then", "until", "while", "{", "("];
/// Programs besides [`RUNNERS`] and shells whose arguments are another command, or hold one.
#[rustfmt::skip]
const RUN_OTHERS: [&str; 19] = [
    "builtin", "chronic", "command", "doas", "docker", "eval", "exec", "find", "headroom", "ionice",
    "parallel", "podman", "script", "setsid", "ssh", "strace", "unbuffer", "watch", "xargs",
];
/// So many words behind one of these are tried as the beginning of what it runs. By hand, not measured.
const MOST_BEGINNINGS: usize = 32;
/// What ends a command if quotes don't count: one that a shell is given stands in quotes.
const ENDS: [char; 9] = ['|', '&', ';', '\n', '(', ')', '{', '}', '`'];

/// A command without operators of the shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimpleCommand {
    /// Its words without quotes, from its program on.
    pub words: Vec<String>,
}

impl SimpleCommand {
    /// Where a command may begin in these words: at the program, and behind one that runs others at
    /// every word, because which are values of its options isn't known.
    pub fn beginnings(&self) -> impl Iterator<Item = &[String]> {
        let runs_another = self.words.first().is_some_and(|word| {
            let name = program(word);
            RUNNERS.contains(&name) || SHELLS.contains(&name) || RUN_OTHERS.contains(&name)
        });
        let most = if runs_another { MOST_BEGINNINGS } else { 1 };
        (0..self.words.len().min(most)).map(|at| &self.words[at..])
    }
}

/// The commands that `line` may run. What a shell would only do with text in quotes or in a
/// here-document if it is given it counts as well, so no command that does run is missing, and some
/// don't run.
pub fn simple_commands(line: &str) -> Vec<SimpleCommand> {
    let quoted = commands(line).into_iter().map(|(command, _)| words(command));
    let bare = line.split(ENDS).map(|command| {
        let words = command.split_whitespace().map(|word| word.trim_matches(['\'', '"', '\\']));
        words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
    });
    let commands = quoted.chain(bare).map(|words: Vec<String>| {
        let is_before = |word: &String| KEYWORDS.contains(&&**word) || is_assignment(word);
        SimpleCommand { words: words.into_iter().skip_while(is_before).collect() }
    });
    commands.filter(|command| !command.words.is_empty()).collect()
}

/// Whether `word` sets a variable.
fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    })
}

/// The words of a command without their quotes. A substitution belongs to the word that it stands in;
/// signs of redirections only separate words.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let (mut quote, mut depth) = (None, 0usize);
    let mut signs = command.chars().peekable();
    while let Some(sign) = signs.next() {
        let is_substitution = sign == '$' && signs.peek() == Some(&'(');
        let is_end = sign.is_whitespace() || matches!(sign, '<' | '>');
        match (quote, sign) {
            (Some(open), sign) if sign == open => quote = None,
            (None, '\'' | '"') => quote = Some(sign),
            (None | Some('"'), '\\') => match signs.next() {
                Some('\n') | None => words.push(String::new()),
                Some(escaped) => push(&mut words, escaped),
            },
            (None, '(') if depth > 0 => {
                depth += 1;
                push(&mut words, sign);
            }
            (None, ')') => {
                depth = depth.saturating_sub(1);
                push(&mut words, sign);
            }
            (None, '$') if is_substitution => {
                depth += 1;
                signs.next();
                words.last_mut().into_iter().for_each(|word| word.push_str("$("));
            }
            (None, _) if is_end && depth == 0 => words.push(String::new()),
            (_, sign) => push(&mut words, sign),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn push(words: &mut [String], sign: char) {
    words.last_mut().into_iter().for_each(|word| word.push(sign));
}

/// The commands of `line`, in order, and whether the output of each goes to the next one. What is in
/// quotes and in here-documents belongs to the command that it stands in.
pub(super) fn commands(line: &str) -> Vec<(&str, bool)> {
    let bytes = line.as_bytes();
    let mut commands = Vec::new();
    let (mut start, mut at, mut quote) = (0, 0, None);
    while let Some(&byte) = bytes.get(at) {
        let next = bytes.get(at + 1).copied();
        match (byte, quote) {
            (b'\\', None | Some(b'"')) => at += 1,
            (b'<', None | Some(b'"')) if next == Some(b'<') => {
                at = here_document(line, at + 2).map_or(at + 1, |end| end.saturating_sub(1));
            }
            (b'\'' | b'"', None) => quote = Some(byte),
            (_, Some(open)) if byte == open => quote = None,
            (b'|' | b'&' | b';' | b'\n', None) => {
                // `2>&1` and `&>file` are no ends.
                let redirects = byte == b'&' && (next == Some(b'>') || line[..at].ends_with('>'));
                if !redirects {
                    let pipes = byte == b'|' && next != Some(b'|');
                    commands.push((&line[start..at], pipes));
                    // `||`, `&&` and `|&` are one sign each.
                    at += usize::from(match byte {
                        b'|' => matches!(next, Some(b'|' | b'&')),
                        _ => byte == b'&' && next == Some(b'&'),
                    });
                    start = at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    commands.push((line.get(start..).unwrap_or_default(), false));
    commands
}

/// Where the here-document ends whose `<<` ends at byte `at`; `None` if there is none.
fn here_document(line: &str, at: usize) -> Option<usize> {
    let rest = line.get(at..)?.trim_start_matches('-').trim_start_matches(' ');
    let (first, body) = rest.split_once('\n')?;
    let word = first.split([' ', '\t', '|', '&', ';', ')', '>']).next()?;
    let word = word.trim_matches(['\'', '"', '\\']);
    if word.is_empty() || word.starts_with('<') {
        return None;
    }
    let mut end = line.len() - body.len();
    for text in body.split_inclusive('\n') {
        if text.trim() == word {
            return Some(end + text.trim_end().len());
        }
        end += text.len();
    }
    Some(line.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_of_a_line_is_found() {
        let all = |line: &str| -> Vec<String> {
            simple_commands(line).into_iter().map(|command| command.words.join(" ")).collect()
        };
        for line in [
            "git diff",
            "cd x && git  diff",
            "A=1 B='x y' git diff",
            "git diff; echo x",
            "true\ngit diff",
            "git \\\n diff",
            "if 'git' \"diff\"; then x; fi",
            "for x in a; do git diff; done",
            "(cd a; git diff)",
            "echo \"a $(git diff)\"",
            "echo \"$(echo \"x $(date)\" && git diff)\"",
            "bash -c 'cd x; git diff'",
            "x=`git diff`",
            "cat <<'EOF'\nit's\nEOF\ngit diff",
        ] {
            assert!(
                all(line).iter().any(|command| command == "git diff"),
                "{line}: {:?}",
                all(line)
            );
        }
        assert!(all("git -C $(git rev-parse --top) diff")[0].ends_with("--top) diff"));
        assert_eq!(
            words("git -C $(a b) <'x y'>z\\ a 2>&1"),
            ["git", "-C", "$(a b)", "x y", "z a", "2", "&1"]
        );
        assert_eq!(words("a 'b"), ["a", "b"]);
    }

    #[test]
    fn behind_a_program_that_runs_others_a_command_may_begin_anywhere() {
        let beginnings = |line: &str| simple_commands(line)[0].beginnings().count();
        assert_eq!(beginnings("sudo -u x git diff"), 5);
        assert_eq!(beginnings("/usr/bin/timeout 5 git diff"), 4);
        assert_eq!(beginnings("git diff a"), 1);
        assert_eq!(beginnings(&format!("xargs{}", " a".repeat(9999))), MOST_BEGINNINGS);
    }
}
