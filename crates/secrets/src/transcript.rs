//! Secrets that a session's transcript shows: the output of a command that prints a secret and nothing else, alone on the
//! line below it (`rules/outputs.txt`). Commands that name what they print (`printenv DB_PASSWORD`) are read by
//! [`crate::assignment`], with the prompts and the lines of this module.

use std::ops::Range;

use crate::parts::{line_at, line_before, line_end, range_of};
use crate::search::{Begins, Keyword};
use crate::{assignment, cookie, value};

pub(crate) const RULE: &str = "printed-secret";

/// The longest rest of a command line, in bytes.
const LONGEST_LINE: usize = 240;
/// The longest prompt.
const LONGEST_PROMPT: usize = 60;
/// The most lines and words that a generator prints.
const MOST_LINES: usize = 20;
const MOST_WORDS: usize = 10;

/// What waits for a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prompt {
    Shell,
    /// An interpreter, which shows what an expression is.
    Interpreter,
}

/// The commands, in order.
fn commands() -> impl Iterator<Item = &'static str> {
    let lines = include_str!("../rules/outputs.txt").lines();
    lines.filter(|line| !line.starts_with('#')).filter_map(|line| Some(line.split_once('\t')?.0))
}

/// The keywords of this detector.
pub(crate) fn keywords() -> impl Iterator<Item = Keyword> {
    commands().map(|text| Keyword {
        has_case: true,
        begins: Begins::Word,
        ..Keyword::anywhere(text)
    })
}

/// Adds what the command at `hit` prints.
pub(crate) fn find(text: &str, hit: &Range<usize>, found: &mut Vec<Range<usize>>) {
    if prompt(line_before(text, hit.start)).is_none() {
        return;
    }
    let Some(end) = line_end(text, hit.end, LONGEST_LINE) else { return };
    let Some(line) = line_at(text, end + 1) else { return };
    let command = &text[hit.clone()];
    if command == "document.cookie" {
        let written = text[line.clone()].trim_start_matches(['<', '=', '>', ' ']);
        cookie::pairs(text, line.end - written.len()..line.end, found);
    } else if command.ends_with(".json") {
        found.extend(assignment::wallet(text, line));
    } else if let Some(range) = alone(text, line.clone()) {
        found.extend(Some(range).filter(|range| is_printed_secret(&text[range.clone()])));
    } else {
        generated(text, line, found);
    }
}

/// Adds the words of the lines that a generator of passwords prints: several in each.
fn generated(text: &str, first: Range<usize>, found: &mut Vec<Range<usize>>) {
    let mut next = Some(first);
    for _ in 0..MOST_LINES {
        let Some(line) = next else { return };
        let words: Vec<&str> = text[line.clone()].split_ascii_whitespace().collect();
        let are_secrets = words.iter().all(|word| value::is_password(word));
        if !(2..=MOST_WORDS).contains(&words.len()) || !are_secrets {
            return;
        }
        found.extend(words.iter().map(|word| range_of(text, word)));
        next = line_at(text, line.end + 1);
    }
}

/// Whether a word that stands alone below a command that prints secrets is one.
fn is_printed_secret(word: &str) -> bool {
    /// Shorter words are printed for other reasons too.
    const SHORTEST: usize = 8;
    let is_of_capitals = word.len() >= 16
        && word.bytes().all(|byte| byte.is_ascii_uppercase())
        && value::has_unusual_pairs(word, 8);
    word.len() >= SHORTEST
        && (value::is_password(word)
            || value::is_token(word)
            || value::is_random(word)
            || value::is_passphrase(word)
            || value::is_mnemonic(word)
            || value::is_application_password(word)
            || is_of_capitals)
}

/// The prompt that a line begins with: `$ `, `root@db:~# `, `PS C:\> `, `(gdb) `, `irb(main):003> `, `>>> `.
pub(crate) fn prompt(line: &str) -> Option<Prompt> {
    const SHELLS: &[&str] = &["❯ ", "➜ ", "λ ", "~$ ", "~# "];
    const INTERPRETERS: &[&str] = &[">>> ", "(gdb) ", "(lldb) ", "(Pdb) ", "(pdb) "];
    /// Whose prompts have more behind their names.
    #[rustfmt::skip]
    const NAMED: &[&str] = &[
        "irb", "pry", "[1] pry", "[2] pry", "iex(", "In [", "ipdb>", "node>", "php >", "scala>", "ghci>", "julia>", "jshell>",
    ];
    let line = line.trim_ascii_start();
    match line.as_bytes() {
        [b'$' | b'#' | b'%', b' ', ..] => return Some(Prompt::Shell),
        [b'>', b' ', ..] => return Some(Prompt::Interpreter),
        _ if !may_be_prompt(line) => return None,
        _ => {}
    }
    let head = &line[..line.floor_char_boundary(LONGEST_PROMPT.min(line.len()))];
    let begins_with = |marks: &[&str]| marks.iter().any(|mark| head.starts_with(mark));
    if begins_with(SHELLS) {
        return Some(Prompt::Shell);
    }
    let ends = || head.contains("> ") || head.contains("]: ");
    if begins_with(INTERPRETERS) || begins_with(NAMED) && ends() {
        return Some(Prompt::Interpreter);
    }
    let is_host =
        |before: &str| before.contains('@') && !before.contains(['"', '\'', '=', ',', '`']);
    let is_of_host = head.contains('@')
        && ["$ ", "# ", "% "]
            .iter()
            .any(|mark| head.split_once(mark).is_some_and(|(before, _)| is_host(before)));
    let is_of_windows =
        (head.get(1..3) == Some(":\\") || head.starts_with("PS ") || head.starts_with("PS>"))
            && head.contains('>');
    (is_of_host || is_of_windows).then_some(Prompt::Shell)
}

/// Whether a line may begin with another prompt than `$ ` and the like: a cheap check.
fn may_be_prompt(line: &str) -> bool {
    let head = &line.as_bytes()[..line.len().min(LONGEST_PROMPT)];
    match head {
        [b'(', next, ..] => matches!(next, b'g' | b'l' | b'P' | b'p'),
        [b'~' | 0x80.., ..] | [b'I', b'n', ..] => true,
        _ => memchr::memchr2(b'>', b'@', head).is_some(),
    }
}

/// What is alone on a line, without the marks by which interpreters show a value and without quotes: `=> "…"`,
/// `$3 = 0x5581e0 "…"`. It is a word, or words that are a secret together.
pub(crate) fn alone(text: &str, line: Range<usize>) -> Option<Range<usize>> {
    let written = without_marks(&text[line.clone()]);
    let start = line.end - written.len();
    let quote = written.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
    let inner =
        quote.and_then(|quote| written[1..].trim_end_matches([',', ';']).strip_suffix(quote));
    let range = inner.map_or(start..line.end, |inner| start + 1..start + 1 + inner.len());
    let value = &text[range.clone()];
    let are_words = || {
        value.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b' ')
            && (value::is_passphrase(value)
                || value::is_mnemonic(value)
                || value::is_application_password(value))
    };
    let is_alone = !value.is_empty() && (!value.contains(char::is_whitespace) || are_words());
    is_alone.then_some(range)
}

/// A line without what interpreters and browsers write before a value.
fn without_marks(line: &str) -> &str {
    let line = ["=> ", "< ", "<- ", "<· "]
        .into_iter()
        .find_map(|mark| line.strip_prefix(mark))
        .unwrap_or(line);
    // `Out[3]: `, `$3 = `, `[1] ` of R, `(char *) 0x5581e0 `
    let output = line.strip_prefix("Out[").and_then(|rest| rest.split_once("]: "));
    let line = output.map_or(line, |(_, value)| value);
    let dollar = line.strip_prefix('$').and_then(|rest| rest.split_once(" = "));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let line = dollar.filter(|(number, _)| is_number(number)).map_or(line, |(_, value)| value);
    let typed = line.strip_prefix('(').and_then(|rest| rest.split_once(") "));
    let line = typed.map_or(line, |(_, value)| value);
    let address = line.strip_prefix("0x").and_then(|rest| rest.split_once(' '));
    address.map_or(line, |(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_are_told_from_other_lines() {
        for shell in [
            "$ ls",
            "# ls",
            "root@db:~# ls",
            "[kim@web1 ~]$ ls",
            "kim@mac ~ % ls",
            "PS C:\\> ls",
            "C:\\Users\\k>ls",
            "❯ ls",
        ] {
            assert_eq!(prompt(shell), Some(Prompt::Shell), "{shell}");
        }
        for interpreter in
            [">>> x", "(gdb) p x", "irb(main):003> x", "In [3]: x", "> x", "[1] pry(main)> x"]
        {
            assert_eq!(prompt(interpreter), Some(Prompt::Interpreter), "{interpreter}");
        }
        for other in
            ["x = 1", "mail kim@example.com", "PS: see below", "irb is a shell", "a $ b", "In [3"]
        {
            assert_eq!(prompt(other), None, "{other}");
        }
    }

    #[test]
    fn a_value_is_alone_on_its_line() {
        let of = |line: &str| alone(line, 0..line.len()).map(|range| line[range].to_owned());
        for line in ["x9", "=> \"x9\"", "$3 = 0x5581e0 \"x9\"", "< 'x9'", "Out[3]: 'x9'"] {
            assert_eq!(of(line).as_deref(), Some("x9"), "{line}");
        }
        assert_eq!(of("two words"), None);
    }

    #[test]
    fn every_command_has_a_source() {
        let lines =
            include_str!("../rules/outputs.txt").lines().filter(|line| !line.starts_with('#'));
        assert!(
            lines.clone().all(|line| line.split('\t').filter(|part| part.len() >= 4).count() == 2)
        );
        assert_eq!(commands().count(), lines.count());
    }
}
