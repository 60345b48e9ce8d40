//! Analyses a shell command, just enough to decide whether it does the same inside another shell.
//!
//! This is not a full parser: a command with unsupported syntax isn't wrapped.

/// Commands that change or query the state of the shell that runs them, or start background jobs.
#[rustfmt::skip]
const OF_THE_SHELL: [&str; 39] = [
    "cd", "pushd", "popd", "exec", "nohup", "setsid", "disown", "bg", "fg", "jobs", "wait", "coproc",
    "screen", "alias", "unalias", "bind", "builtin", "command", "compgen", "complete", "declare", "dirs",
    "fc", "functions", "hash", "history", "local", "readonly", "setopt", "shopt", "suspend", "trap", "type",
    "typeset", "unfunction", "unsetopt", "whence", "where", "which",
];
/// Interactive programs.
const INTERACTIVE: [&str; 18] = [
    "vi", "vim", "nvim", "nano", "emacs", "less", "more", "man", "top", "htop", "watch", "ssh",
    "telnet", "sftp", "tmux", "fzf", "gdb", "claude",
];
/// This program, whose commands are already wrapped.
const OURS: &str = "headroom";
/// Words after which another command begins.
const BEFORE_COMMANDS: [&str; 10] =
    ["then", "do", "else", "elif", "if", "while", "until", "!", "{", "time"];
/// Programs whose arguments are another command.
const RUNNERS: [&str; 6] = ["sudo", "env", "command", "builtin", "nice", "xargs"];

/// A wrapped command.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Wrapped<'a> {
    /// The part of the original command that runs in a shell of its own, byte for byte.
    pub(super) inside: &'a str,
    /// The line that replaces the command.
    pub(super) line: String,
}

/// Wraps `command`: makes it the last word after `before`, the words that start a shell. `None` if it
/// would then behave differently. A `cd` at the beginning stays outside, because its effect must last.
///
/// The agent's shell may have functions and aliases that the other shell lacks. They are unknown here, so
/// the line checks in the agent's shell, and runs a command that uses one unwrapped.
pub(super) fn wrap<'a>(command: &'a str, before: &str) -> Option<Wrapped<'a>> {
    let script = read(command).filter(|_| !command.contains('\0'))?;
    if script.commands.is_empty() || script.has_background || script.has_more {
        return None;
    }
    let (outside, inside) = match script.commands.first() {
        Some(first) if first == "cd" => command.split_once("&&")?,
        _ => ("", command),
    };
    let rest = if outside.is_empty() { script } else { read(inside)? };
    // Nothing but a `cd`, or a `cd` that is joined in another way than by `&&`.
    let is_more = |c| "(){};|`<>\n".contains(c);
    if !outside.is_empty() && (outside.contains(is_more) || read(outside)?.commands != ["cd"]) {
        return None;
    }
    let is_special = |word: &String| {
        let name = name_of(word);
        OF_THE_SHELL.contains(&name) || INTERACTIVE.contains(&name) || name == OURS
    };
    // Which program an expanded word refers to can't be determined beforehand.
    let is_expanded = |word: &String| word.contains(['$', '*', '?', '[', '{', '~']) && word != "[";
    let mut words = rest.commands.iter();
    if rest.commands.is_empty() || words.any(|word| is_special(word) || is_expanded(word)) {
        return None;
    }
    let line = guarded(&rest.commands, inside, before);
    let line = if outside.is_empty() { line } else { format!("{outside}&& {line}") };
    Some(Wrapped { inside, line })
}

/// The line that runs `inside` after `before`, unless the name of one of its programs is a function or an
/// alias of the shell, or isn't found.
fn guarded(words: &[String], inside: &str, before: &str) -> String {
    let inside = quoted(inside);
    // A word with a slash is always a path.
    let mut names: Vec<String> =
        words.iter().filter(|word| !word.contains('/')).map(|word| quoted(word)).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return format!("{before} {inside}");
    }
    let names = names.join(" ");
    format!(
        "case $(LC_ALL=C type {names} 2>&1) in *function*|*alias*|*'not found'*) eval {inside};; \
         *) {before} {inside};; esac"
    )
}

/// Whether a word of `command` is one of `names`, however it is quoted, in any position.
pub(super) fn mentions(command: &str, names: &[&str]) -> bool {
    let plain: String = command.chars().filter(|c| !matches!(c, '\'' | '"' | '\\')).collect();
    let is_end = |c: char| !(c.is_alphanumeric() || c == '_' || c == '-');
    plain.split(is_end).any(|word| names.contains(&word))
}

/// The name of a program, without its folder.
pub(super) fn name_of(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or_default()
}

/// `word` quoted for a shell.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=,@+%".contains(c);
    // zsh replaces `=program` by the program's path.
    match !word.is_empty() && !word.starts_with('=') && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// The result of analysing a script.
#[derive(Debug, Default, PartialEq, Eq)]
struct Script {
    /// The names of the programs and builtins that it runs.
    commands: Vec<String>,
    /// Whether it starts a background job.
    has_background: bool,
    /// Whether text in it may contain further commands: `"$(…)"`, here-documents, `eval`.
    has_more: bool,
}

/// Analyses a script; `None` if a quote or a here-document isn't closed.
fn read(script: &str) -> Option<Script> {
    let mut reader = Reader { rest: script, ..Reader::default() };
    while let Some(c) = reader.next() {
        match c {
            '\\' => {
                let escaped = reader.next()?;
                // An escaped line end joins two lines.
                if escaped != '\n' {
                    reader.push(escaped);
                }
            }
            '\'' => reader.until('\'', false)?,
            '"' => reader.until('"', true)?,
            ' ' | '\t' => reader.end_word(),
            '#' if reader.word.is_none() => reader.skip_line(),
            '\n' => {
                reader.end_command();
                reader.skip_documents()?;
            }
            ';' | '|' | '(' | ')' | '`' => reader.end_command(),
            '&' => reader.ampersand(),
            '<' if reader.rest.starts_with('<') && !reader.rest.starts_with("<<") => {
                reader.next();
                reader.document()?;
            }
            '<' | '>' => {
                reader.end_word();
                reader.is_target = true;
                // `>&2` and `<&-` are about descriptors, not about the background.
                if reader.rest.starts_with('&') {
                    reader.next();
                }
            }
            c => reader.push(c),
        }
    }
    reader.end_command();
    reader.documents.is_empty().then_some(reader.script)
}

#[derive(Default)]
struct Reader<'a> {
    rest: &'a str,
    script: Script,
    word: Option<String>,
    /// Whether the name of the current command has been read.
    is_named: bool,
    /// Whether the next word is the target of a redirection.
    is_target: bool,
    /// The delimiters of the here-documents (`<<END`) that begin on the next line.
    documents: Vec<String>,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        Some(c)
    }

    fn push(&mut self, c: char) {
        self.word.get_or_insert_default().push(c);
    }

    /// Consumes quoted text.
    fn until(&mut self, quote: char, has_escapes: bool) -> Option<()> {
        self.word.get_or_insert_default();
        loop {
            match self.next()? {
                c if c == quote => return Some(()),
                '\\' if has_escapes => {
                    let escaped = self.next()?;
                    self.push(escaped);
                }
                c => {
                    self.script.has_more |= has_escapes && (c == '`' || self.is_substitution(c));
                    self.push(c);
                }
            }
        }
    }

    /// Whether a substitution begins with `c`, which was just read.
    fn is_substitution(&self, c: char) -> bool {
        c == '$' && self.rest.starts_with(['(', '{'])
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        if std::mem::take(&mut self.is_target) || self.is_named {
            return;
        }
        let is_assignment = word.split_once('=').is_some_and(|(name, _)| {
            !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_')
        });
        if is_assignment || BEFORE_COMMANDS.contains(&&*word) || word.starts_with('-') {
            return;
        }
        // The next word may be the name of the program that it runs.
        self.is_named = !RUNNERS.contains(&name_of(&word));
        self.script.has_more |= word == "eval";
        self.script.commands.push(word);
    }

    fn end_command(&mut self) {
        self.end_word();
        self.is_named = false;
        self.is_target = false;
    }

    /// `&&` joins, `&>` redirects, `&` alone leaves what is before it in the background.
    fn ampersand(&mut self) {
        if self.rest.starts_with('&') {
            self.next();
            self.end_command();
        } else if self.rest.starts_with('>') {
            self.end_word();
        } else if !self.is_target || self.word.is_some() {
            self.end_command();
            self.script.has_background = true;
        }
    }

    fn skip_line(&mut self) {
        let end = self.rest.find('\n').unwrap_or(self.rest.len());
        self.rest = &self.rest[end..];
    }

    /// Consumes the delimiter of a here-document.
    fn document(&mut self) -> Option<()> {
        self.end_word();
        let rest = self.rest.trim_start_matches('-').trim_start_matches([' ', '\t']);
        let end = rest.find([' ', '\t', '\n', ';', '|', '&', ')', '>', '<']).unwrap_or(rest.len());
        let word: String = rest[..end].chars().filter(|c| !"'\"\\".contains(*c)).collect();
        self.rest = &rest[end..];
        self.documents.push(word);
        Some(())
    }

    /// Skips the here-documents that begin on this line.
    fn skip_documents(&mut self) -> Option<()> {
        for end in std::mem::take(&mut self.documents) {
            loop {
                let (line, rest) = match self.rest.split_once('\n') {
                    Some(parts) => parts,
                    None if self.rest.is_empty() => return None,
                    None => (self.rest, ""),
                };
                self.rest = rest;
                self.script.has_more |=
                    line.contains("$(") || line.contains(['`']) || line.contains("${");
                if line.trim_start_matches('\t') == end {
                    break;
                }
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(script: &str) -> Vec<String> {
        read(script).unwrap().commands
    }

    fn wrapped(command: &str) -> Option<String> {
        Some(wrap(command, "H")?.line)
    }

    /// The line for a command that uses these programs.
    fn guarded(names: &str, inside: &str) -> String {
        format!(
            "case $(LC_ALL=C type {names} 2>&1) in *function*|*alias*|*'not found'*) eval {inside};; \
             *) H {inside};; esac"
        )
    }

    #[test]
    fn the_commands_of_a_script() {
        assert_eq!(commands("A=1 cargo test 2>&1 | tail -5"), ["cargo", "tail"]);
        assert_eq!(commands("if true; then /bin/ls; fi"), ["true", "/bin/ls", "fi"]);
        assert_eq!(commands("sudo -n env X=1 make"), ["sudo", "env", "make"]);
        assert_eq!(commands("echo 'a; b' \"c & d\" e\\;f # g; h"), ["echo"]);
        assert_eq!(commands("echo $(date; id) `w`"), ["echo", "date", "id", "w"]);
        assert_eq!(commands("cat <<'END' > x\nvi & don't\nEND\nls"), ["cat", "ls"]);
        assert_eq!(commands("a \\\n b\nc"), ["a", "c"]);
        for odd in ["echo 'x", "echo \"x", "cat <<END\nx", "x \\"] {
            assert_eq!(read(odd), None, "{odd}");
        }
    }

    #[test]
    fn what_is_left_in_the_background() {
        for script in ["a &", "a & b", "(a; b) &", "a > x &", "a &\nb"] {
            assert!(read(script).unwrap().has_background, "{script}");
        }
        for script in ["a && b", "a >& x", "a &> x", "a 2>&1", "a '&'", "a <&-", "a \\& b"] {
            assert!(!read(script).unwrap().has_background, "{script}");
        }
    }

    #[test]
    fn what_can_be_wrapped_is() {
        assert_eq!(wrapped("ls"), Some(guarded("ls", "ls")));
        assert_eq!(wrapped("/bin/ls").as_deref(), Some("H /bin/ls"));
        let pipe = "cargo test | tail";
        assert_eq!(wrapped(pipe), Some(guarded("cargo tail", "'cargo test | tail'")));
        let heredoc = "cat <<'E' | sort\nit's & more\nE";
        let quoted = "'cat <<'\\''E'\\'' | sort\nit'\\''s & more\nE'";
        assert_eq!(wrapped(heredoc), Some(guarded("cat sort", quoted)));
        let there = guarded("cargo echo", "' cargo test && echo x'");
        let expected = format!("cd /a/b && {there}");
        assert_eq!(wrapped("cd /a/b && cargo test && echo x"), Some(expected));
    }

    #[test]
    fn every_byte_of_a_command_stays() {
        for command in [
            "echo a\\ ",
            " echo a",
            "echo a  ",
            "\techo a\t",
            "echo a\r",
            "echo a\n\n",
            "echo '\u{2028} '",
            "\u{85}echo",
            "cd x && echo a\\ ",
            "cd a\\ && ls ",
            "cd x &&\nls",
        ] {
            let wrapped = wrap(command, "H").unwrap();
            assert!(command.ends_with(wrapped.inside), "{command:?}");
            let outside = &command[..command.len() - wrapped.inside.len()];
            assert!(wrapped.line.starts_with(outside), "{command:?}");
            assert!(wrapped.line.contains(&quoted(wrapped.inside)), "{command:?}");
            assert!(outside.is_empty() || outside.ends_with("&&"), "{command:?}");
        }
    }

    #[test]
    fn what_would_do_something_else_is_not() {
        for command in [
            "",
            "# nothing",
            "npm start &",
            "nohup npm start",
            "cd /a",
            "cd /a; ls",
            "cd /a || ls && x",
            "cd /a && cd b && ls",
            "(cd /a && ls)",
            "ls; cd /b",
            "sudo vim x",
            "git log | less",
            "headroom run -- ls",
            "/usr/bin/headroom compress x",
            "echo 'unfinished",
            "$CC x.c",
            "\"$X\" y",
            "~/bin/x",
            "type gs",
            "alias",
            "command -v nvm",
            "echo \"$(gs)\"",
            "echo \"a `gs`\"",
            "echo \"${x:-$(gs)}\"",
            "cat <<E\n$(gs)\nE",
            "eval gs",
            "echo a\0",
        ] {
            assert_eq!(wrapped(command), None, "{command}");
        }
    }
}
