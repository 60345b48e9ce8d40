//! Whether a shell's command line prints what files hold, so that even a control character in its
//! output is content and not what a program wrote for a terminal.
//!
//! What stands behind a pipe reads the output of the program before it, so only the first program of
//! each pipeline counts, and those that `xargs` and `find -exec` run.

use super::command_line::{KEYWORDS, commands};
use super::{program, runs_shell};

/// Programs that print files.
const SHOW_FILES: [&str; 17] = [
    "ag", "awk", "bat", "cat", "diff", "egrep", "fgrep", "grep", "head", "jq", "less", "more",
    "nl", "rg", "sed", "tail", "type",
];
/// What `git` does that prints files or changes of them. The other ones run hooks and talk to servers,
/// whose output is made for a terminal.
const GIT_SHOWS_FILES: [&str; 5] = ["blame", "cat-file", "diff", "grep", "show"];
/// Options of `git` before its subcommand whose value is the next word.
const GIT_VALUES: [&str; 2] = ["-C", "-c"];
/// The most words of one command that are read.
const MOST_WORDS: usize = 32;

/// Whether `line` prints files.
pub(super) fn shows_files(line: &str) -> bool {
    let commands = commands(line);
    let mut is_piped = false;
    commands.iter().any(|(command, pipes)| {
        let is_first = !std::mem::replace(&mut is_piped, *pipes);
        let words: Vec<&str> = words(command);
        (is_first && prints(&words)) || ran(&words).is_some_and(prints)
    })
}

/// The words of `command`, from its program on.
fn words(command: &str) -> Vec<&str> {
    let words = command.split_whitespace().map(|word| word.trim_start_matches(['(', '{']));
    let is_before = |word: &&str| word.is_empty() || KEYWORDS.contains(word) || runs_shell(word);
    words.skip_while(is_before).take(MOST_WORDS).collect()
}

/// Whether the program in `words` prints files.
fn prints(words: &[&str]) -> bool {
    let Some((name, arguments)) = words.split_first() else { return false };
    match program(name) {
        "git" => git_prints(arguments),
        name => SHOW_FILES.contains(&name),
    }
}

fn git_prints(arguments: &[&str]) -> bool {
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        if GIT_VALUES.contains(word) {
            words.next();
        } else if !word.starts_with('-') {
            let has = |options: &[&str]| words.clone().any(|word| options.contains(word));
            return match *word {
                "log" => has(&["-p", "-u", "--patch"]),
                "stash" => has(&["show"]),
                verb => GIT_SHOWS_FILES.contains(&verb),
            };
        }
    }
    false
}

/// What `xargs` and `find` run.
fn ran<'w, 'l>(words: &'w [&'l str]) -> Option<&'w [&'l str]> {
    let (name, arguments) = words.split_first()?;
    let starts = |is: &dyn Fn(&&str) -> bool| arguments.iter().position(is);
    let at = match program(name) {
        "xargs" => starts(&|word| !runs_shell(word)),
        "find" => starts(&|word| matches!(*word, "-exec" | "-execdir")).map(|at| at + 1),
        _ => None,
    };
    arguments.get(at?..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_program_of_a_pipeline_decides() {
        for line in [
            "cat a.rs",
            "cd x && LANG=C /bin/cat a.rs",
            "git diff | head",
            "git -C /w --no-pager show HEAD:a.rs",
            "git log -p -3",
            "git stash show -p",
            "sudo tail -5 /var/log/x",
            "for f in *.rs; do cat $f; done",
            "if grep -q x a; then echo y; fi",
            "find . -name '*.md' -exec cat {} +",
            "ls | xargs -n 1 head -3",
            "(cd x; sed -n 1,9p a.rs)",
            "cat <<'EOF' > a.txt\nx\nEOF\ncat a.txt",
            "make 2>&1 | tail; cat a",
            "cat 'x|y'",
        ] {
            assert!(shows_files(line), "{line}");
        }
    }

    #[test]
    fn what_reads_a_pipe_does_not() {
        for line in [
            "",
            "cargo test",
            "npm run category",
            "ls -la",
            "cargo test 2>&1 | tail -50",
            "make &> log | grep -v x",
            "npm test |& tail",
            "git push",
            "git add . && git commit -m 'cat; head' && git push 2>&1 | tail -3",
            "git log --oneline | head -5",
            "git commit -m \"$(cat <<'EOF'\ncat is \"gone\";\nhead too\nEOF\n)\"",
            "python3 - <<'EOF'\nx = 1\ncat = 2\nEOF",
            "ls | sort | head",
            "find . -name cat",
            "<<",
            "echo a \\; cat",
        ] {
            assert!(!shows_files(line), "{line}");
        }
    }
}
