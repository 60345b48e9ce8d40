//! Parses one simple command, so strictly that every shell splits it in the same way.
//!
//! Only such a command can be declared allowed: its program and its words are literal, and it contains no
//! expansion, substitution, redirection to a file, or second command.

/// A redirection that opens no file. Most commands of agents end in it.
const STDERR_TO_STDOUT: &str = " 2>&1";
/// Words that begin a compound command, or change how the shell reads what follows them.
const RESERVED: [&str; 24] = [
    "case",
    "coproc",
    "do",
    "done",
    "elif",
    "else",
    "end",
    "esac",
    "fi",
    "for",
    "foreach",
    "function",
    "if",
    "in",
    "nocorrect",
    "noglob",
    "repeat",
    "select",
    "then",
    "time",
    "until",
    "while",
    "not",
    "namespace",
];

/// A program and its arguments.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SimpleCommand<'a> {
    /// The command without a `2>&1` at its end, against which rules are matched.
    pub(super) text: &'a str,
    /// The program, as written.
    pub(super) program: &'a str,
    /// The arguments, without their quotes.
    pub(super) arguments: Vec<String>,
}

/// Parses `command`; `None` unless it is certainly one simple command.
pub(super) fn simple_command(command: &str) -> Option<SimpleCommand<'_>> {
    let text = command.strip_suffix(STDERR_TO_STDOUT).unwrap_or(command);
    if text.starts_with(' ') || text.ends_with(' ') {
        return None;
    }
    let program = text.split(' ').next().filter(|program| is_program(program))?;
    let arguments = words(text.get(program.len()..)?)?;
    Some(SimpleCommand { text, program, arguments })
}

fn is_program(word: &str) -> bool {
    let begins = |c: char| c.is_ascii_alphanumeric() || "_./".contains(c);
    word.starts_with(begins)
        && word.chars().all(|c| c.is_ascii_alphanumeric() || "_-./+".contains(c))
        && !RESERVED.contains(&word)
}

/// Whether a character is literal outside quotes, in every shell and at any position of a word.
fn is_literal(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-./:,@+%=".contains(c)
}

/// Whether a character is accepted in quotes. Of white space, only the plain blank is: some programs take
/// other blanks, and line ends, for separators.
fn is_quotable(c: char) -> bool {
    c == ' ' || !(c.is_whitespace() || c.is_control() || is_invisible(c))
}

/// Whether a character changes how a text looks without being visible itself.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// The words of `rest`, which is empty or begins with a blank.
fn words(rest: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        match c {
            ' ' => words.extend(word.take()),
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match chars.next()? {
                        end if end == c => break,
                        '$' | '`' | '\\' | '!' if c == '"' => return None,
                        quoted if is_quotable(quoted) => word.push(quoted),
                        _ => return None,
                    }
                }
            }
            // At the beginning of a word, zsh replaces `=program` by the program's path.
            '=' if word.is_none() => return None,
            c if is_literal(c) => word.get_or_insert_default().push(c),
            _ => return None,
        }
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_commands_are_read() {
        let read = simple_command("git log -1 --format='%h %s' \"a b\" x=1").unwrap();
        assert_eq!(read.program, "git");
        assert_eq!(read.arguments, ["log", "-1", "--format=%h %s", "a b", "x=1"]);
        let read = simple_command("cargo test 2>&1").unwrap();
        assert_eq!((read.text, read.arguments), ("cargo test", vec!["test".to_owned()]));
        assert_eq!(simple_command("./gradlew").unwrap().program, "./gradlew");
        assert_eq!(simple_command("grep 'a|b;c' x").unwrap().arguments, ["a|b;c", "x"]);
    }

    #[test]
    fn whatever_else_is_not_surely_one_command() {
        for separator in [
            "\n", "\r", "\r\n", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}", "\u{a0}",
            "\u{3000}", "\t", "\0", "\u{200b}", ";", "&", "|", "&&", "||", "|&", "\\\n", "\n#",
            ">", "<",
        ] {
            for command in [
                format!("git log{separator}rm x"),
                format!("git log {separator} rm x"),
                format!("{separator}git log"),
                format!("git log{separator}"),
            ] {
                assert_eq!(simple_command(&command), None, "{command:?}");
            }
        }
        for command in [
            "",
            " ",
            " ls",
            "ls ",
            "ls\n",
            "echo a\\ ",
            "echo \\",
            "ls\\",
            "echo 'a",
            "echo \"a",
            "echo 'a\nb'",
            "echo \"a\nb\"",
            "echo 'a\u{2028}b'",
            "echo $(x)",
            "echo `x`",
            "echo \"$(x)\"",
            "echo \"`x`\"",
            "echo $x",
            "echo \"$x\"",
            "echo ${x}",
            "echo $'a'",
            "cat <<E\nE",
            "cat <<<x",
            "cat <(x)",
            "tee >(x)",
            "ls > x",
            "ls 2>/dev/null",
            "ls >&2",
            "A=1 ls",
            "{ ls; }",
            "(ls)",
            "{ls,-l}",
            "echo {a,b}",
            "ls *",
            "ls a?",
            "ls [a]",
            "ls ~",
            "ls # x",
            "ls #x",
            "! ls",
            "if ls",
            "time ls",
            "while x",
            "function x",
            "[[ a",
            "=ls",
            "ls =x",
            "'ls'",
            "\"ls\" x",
            "l\"s\"",
            "ls !x",
            "ls \"!x\"",
            "ls ^x",
            "%1",
            "-x",
            "ls 2>&1 2>&1",
            "ls \\2>&1",
            "é",
            "ls é",
        ] {
            assert_eq!(simple_command(command), None, "{command:?}");
        }
    }
}
