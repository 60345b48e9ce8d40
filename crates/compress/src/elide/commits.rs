//! Output of `git log`: of each commit the id, day, author and subject, the next line of the
//! message, and the changed files; the rest of the message is elided, and files beyond the first of
//! a commit, except for what the task names. Of the id most digits are elided, and the address of the
//! author and the time of day, except where the task asks for such.

use std::fmt::Write as _;

use super::{Context, Draft, Segment};
use crate::lines::Lines;
use crate::task::Task;

/// Fewer commits are kept as they are. By hand, not measured.
const FEWEST: usize = 3;
/// The number of hex digits of an abbreviated id. By hand, not measured.
const DIGITS: usize = 12;
/// The number of lines kept after the subject. By hand, not measured.
const BEHIND_SUBJECT: usize = 1;
/// The most files that are listed per commit, beside those that the task names. By hand, not measured.
const MOST_FILES: usize = 12;
/// What a task says that asks for authors' addresses, for times of day, or for whole ids.
const ADDRESSES: [&str; 7] =
    ["address", "addresses", "email", "emails", "mail", "mailmap", "mails"];
const TIMES: [&str; 9] =
    ["clock", "hour", "hours", "minute", "minutes", "time", "times", "timestamp", "timestamps"];
const IDS: [&str; 8] = ["hash", "hashes", "id", "ids", "sha", "sha1", "sha256", "shas"];
/// The indentation of messages.
const INDENT: &str = "    ";

/// Whether the lines, none of which is blank, are those of a `git log` in its usual format.
pub(crate) fn is_log<'l>(mut lines: impl Iterator<Item = &'l str>) -> bool {
    let is_head = |line: &str| head(line).is_some();
    lines.next().is_some_and(is_head)
        && lines.filter(|line| is_head(line)).nth(FEWEST - 2).is_some()
}

pub(super) fn draft(lines: &Lines, context: &Context) -> Option<Draft> {
    let unended = |line| str::strip_suffix(line, '\r').unwrap_or(line);
    if !is_log(lines.iter().map(unended).filter(|line| !line.trim().is_empty())) {
        return None;
    }
    let named = context.task.lines(lines);
    let mut writer = Writer { details: Details::asked_for(context.task), ..Writer::default() };
    for (index, line) in lines.iter().map(unended).enumerate() {
        writer.line(index, line, named.binary_search(&index).is_ok());
    }
    writer.end_of_commit();
    let Writer { out, mut elided, commits, details, .. } = writer;
    let parts = details.elided();
    let (unit, total) = match (elided.is_empty(), parts.is_empty()) {
        (true, true) => ("commits' layout".into(), commits.len()),
        (true, false) => (format!("commits' {parts}").into(), commits.len()),
        (false, true) => ("lines".into(), lines.count()),
        (false, false) => (format!("lines, and commits' {parts},").into(), lines.count()),
    };
    if elided.is_empty() {
        // Only whole commits are written shorter.
        elided = commits;
    }
    elided.sort_unstable();
    let segments = vec![Segment::Text(out)];
    Some(Draft { segments, unit, total, elided: elided.len(), elided_at: elided, comment: None })
}

/// What of each commit's first lines the task asks for, and which of the rest occurred.
#[derive(Debug, Default)]
struct Details {
    address: Detail,
    time: Detail,
    id: Detail,
}

#[derive(Debug, Default)]
struct Detail {
    is_asked_for: bool,
    is_elided: bool,
}

impl Details {
    fn asked_for(task: &Task) -> Self {
        let detail = |words: &[&str]| Detail {
            is_asked_for: words.iter().any(|word| task.says(word)),
            is_elided: false,
        };
        Self { address: detail(&ADDRESSES), time: detail(&TIMES), id: detail(&IDS) }
    }

    /// The names of what was elided.
    fn elided(&self) -> String {
        let names = [
            (&self.address, "e-mail addresses"),
            (&self.time, "times of day"),
            (&self.id, "last hash digits"),
        ];
        let names = names.into_iter().filter(|(detail, _)| detail.is_elided).map(|(_, name)| name);
        match names.collect::<Vec<_>>()[..] {
            [] => String::new(),
            [one] => one.to_owned(),
            [ref first @ .., last] => format!("{} and {last}", first.join(", ")),
        }
    }
}

impl Detail {
    /// `whole`, or the shorter form of it if the task doesn't ask for it.
    fn shown<'a>(&mut self, whole: &'a str, short: &'a str) -> &'a str {
        if self.is_asked_for {
            return whole;
        }
        self.is_elided |= short.len() < whole.len();
        short
    }
}

/// The id in a commit's first line, and the rest of the line.
fn head(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix("commit ")?;
    let digits = rest.bytes().take_while(u8::is_ascii_hexdigit).count();
    let behind = &rest[digits..];
    ((7..=64).contains(&digits) && (behind.is_empty() || behind.starts_with(' ')))
        .then_some((&rest[..digits], behind))
}

/// The section of a commit that a line is in.
#[derive(Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Header,
    /// The number of lines read that aren't blank.
    Message(usize),
    Files,
}

/// The output so far, and the current commit.
#[derive(Debug, Default)]
struct Writer<'a> {
    out: String,
    place: Place,
    id: &'a str,
    refs: &'a str,
    author: &'a str,
    day: String,
    has_head: bool,
    files: Vec<File<'a>>,
    details: Details,
    /// The first line of each commit.
    commits: Vec<usize>,
    /// The lines that are elided.
    elided: Vec<usize>,
}

/// A file that a commit changes.
#[derive(Debug)]
struct File<'a> {
    line: usize,
    path: &'a str,
    /// The number of changed lines, or `Bin`.
    count: &'a str,
    is_named: bool,
}

impl<'a> Writer<'a> {
    fn line(&mut self, index: usize, line: &'a str, is_named: bool) {
        if let Some((id, refs)) = head(line) {
            self.end_of_commit();
            self.commits.push(index);
            (self.id, self.refs) = (self.details.id.shown(id, &id[..id.len().min(DIGITS)]), refs);
            (self.author, self.day, self.has_head) = ("", String::new(), false);
            self.place = Place::Header;
        } else if let (Place::Header, Some((key, value))) = (&self.place, line.split_once(": ")) {
            match key {
                "Author" => {
                    let name = value.split(" <").next().unwrap_or(value);
                    self.author = self.details.address.shown(value, name).trim();
                }
                "Date" | "AuthorDate" => {
                    let (whole, day) = (value.trim(), day(value.trim()));
                    self.day = self.details.time.shown(whole, &day).to_owned();
                }
                _ if is_named => {}
                _ => self.elided.push(index),
            }
        } else if line.is_empty() {
            if self.place == Place::Header {
                self.place = Place::Message(0);
            }
            return;
        } else if let Some(said) = line.strip_prefix(INDENT).filter(|_| self.is_in_message()) {
            return self.said(index, said, is_named);
        } else if let Some((path, count)) = changed(line) {
            self.place = Place::Files;
            return self.files.push(File { line: index, path, count, is_named });
        } else if let Some((files, counts)) = changed_in_all(line) {
            return self.in_all(files, &counts);
        } else {
            self.push_files();
            let _ = writeln!(self.out, "{line}");
            return;
        }
        if is_named {
            let _ = writeln!(self.out, "{line}");
        }
    }

    /// What is said of all files of a commit.
    fn in_all(&mut self, files: &str, counts: &str) {
        match (files, &self.files[..]) {
            // It is the same as what is said of the only one.
            ("1", [file]) if file.count != "Bin" => {
                let _ = writeln!(self.out, " {}{counts}", file.path);
                self.files.clear();
            }
            _ => {
                self.push_files();
                let _ = writeln!(self.out, " {files} files{counts}");
            }
        }
    }

    fn is_in_message(&self) -> bool {
        matches!(self.place, Place::Message(_))
    }

    /// A line of the message: the subject goes on the line of the author.
    fn said(&mut self, index: usize, said: &str, is_named: bool) {
        let Place::Message(before) = &mut self.place else { return };
        let number = *before;
        let is_shown = number <= BEHIND_SUBJECT && !is_trailer(said);
        *before += usize::from(!said.trim().is_empty());
        if number == 0 {
            self.write_head();
            let _ = writeln!(self.out, " {said}");
        } else if (is_shown || is_named) && !said.trim().is_empty() {
            let _ = writeln!(self.out, "{INDENT}{said}");
        } else if !said.trim().is_empty() {
            self.elided.push(index);
        }
    }

    /// Writes the id, day and author of the commit.
    fn write_head(&mut self) {
        if self.id.is_empty() || self.has_head {
            return;
        }
        self.has_head = true;
        // Writing to a String cannot fail.
        let _ = write!(self.out, "{}{} {} {}:", self.id, self.refs, self.day, self.author);
    }

    fn end_of_commit(&mut self) {
        if !self.has_head && !self.id.is_empty() {
            self.write_head();
            self.out.push('\n');
        }
        self.push_files();
    }

    /// Writes the files of the commit on one line, grouped by directory.
    fn push_files(&mut self) {
        let mut above = None;
        let mut more = 0;
        for (at, File { line, path, count, is_named }) in self.files.iter().enumerate() {
            if at >= MOST_FILES && !is_named {
                more += 1;
                self.elided.push(*line);
                continue;
            }
            let (directory, base) = path.split_at(path.rfind('/').map_or(0, |at| at + 1));
            let start = if above.is_none() { " " } else { ", " };
            let directory = if above == Some(directory) { "" } else { directory };
            let _ = write!(self.out, "{start}{directory}{base} {count}");
            above = Some(&path[..path.len() - base.len()]);
        }
        if more > 0 {
            let _ = write!(self.out, ", … {more} more");
        }
        if !self.files.is_empty() {
            self.out.push('\n');
        }
        self.files.clear();
    }
}

/// `Fri Aug 14 11:48:06 2026 +0900` without its time; other date formats are kept.
fn day(date: &str) -> String {
    match date.split_whitespace().collect::<Vec<_>>()[..] {
        [_, month, day, time, year, _] if time.contains(':') => format!("{month} {day} {year}"),
        _ => date.to_owned(),
    }
}

/// Whether a line of a message is `Signed-off-by: …` or the like.
fn is_trailer(said: &str) -> bool {
    said.split_once(": ").is_some_and(|(key, _)| key.to_ascii_lowercase().ends_with("-by"))
}

/// The path and the number of changed lines in ` path | 12 ++--`.
fn changed(line: &str) -> Option<(&str, &str)> {
    let (path, rest) = line.strip_prefix(' ')?.rsplit_once(" | ")?;
    let count = rest.split_whitespace().next()?;
    let is_count = count == "Bin" || count.bytes().all(|b| b.is_ascii_digit());
    is_count.then(|| (path.trim(), count))
}

/// The number of files in ` 2 files changed, 5 insertions(+), 1 deletion(-)`, and ` +5 -1`.
fn changed_in_all(line: &str) -> Option<(&str, String)> {
    let mut parts = line.strip_prefix(' ')?.split(", ");
    let files = parts.next()?;
    let files = files.strip_suffix(" changed")?.strip_suffix(['s', 'e'])?;
    let number =
        files.split_whitespace().next().filter(|n| n.bytes().all(|b| b.is_ascii_digit()))?;
    let mut out = String::new();
    for part in parts {
        let count = part.split_whitespace().next()?;
        let _ = write!(out, " {}{count}", if part.ends_with("(+)") { '+' } else { '-' });
    }
    Some((number, out))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Task;

    fn shown(text: &str, task: &str) -> Option<String> {
        let task = Task::of(task);
        let draft =
            draft(&Lines::of(text), &Context { task: &task, tight: false, every_line: false })?;
        match &draft.segments[..] {
            [Segment::Text(shown)] => Some(shown.clone()),
            _ => None,
        }
    }

    const COMMIT: &str = "commit 0123456789abcdef0123456789abcdef01234567 (HEAD -> main)\n\
        Author: Ann Other <ann@example.org>\n\
        Date:   Fri Aug 14 11:48:06 2026 +0900\n\
        \n    Limits can be switched off\n    \n    First of the reasons.\n    Second of them,\n    about zebras.\n    \n    Signed-off-by: Ann <a@b>\n\
        \n src/a.rs            |  12 +++---\n src/b/{c => d}.rs | Bin 0 -> 12 bytes\n 2 files changed, 7 insertions(+), 5 deletions(-)\n\n";

    #[test]
    fn a_commit_is_its_subject_and_its_files() {
        let text = COMMIT.repeat(3);
        let one = "0123456789ab (HEAD -> main) Aug 14 2026 Ann Other: Limits can be switched off\n    First of the reasons.\n src/a.rs 12, src/b/{c => d}.rs Bin\n 2 files +7 -5\n";
        assert_eq!(shown(&text, "").unwrap(), one.repeat(3));
        assert!(shown(&text, "zebras").unwrap().contains("\n    about zebras.\n"));
        assert_eq!(shown(&text.replace('\n', "\r\n"), "").unwrap(), one.repeat(3));
    }

    #[test]
    fn what_is_left_out_of_lines_is_said_and_can_be_asked_for() {
        let text = "commit 0123456789abcdef0123456789abcdef01234567\nAuthor: Ann <a@b>\nDate:   Fri Aug 14 11:48:06 2026 +0900\n\n    Subject\n\n".repeat(4);
        for (task, unit, shows) in [
            (
                "",
                "commits' e-mail addresses, times of day and last hash digits",
                "0123456789ab Aug 14 2026 Ann: Subject\n",
            ),
            ("which email?", "commits' times of day and last hash digits", " Ann <a@b>: "),
            ("at what time?", "commits' e-mail addresses and last hash digits", " 11:48:06 "),
            (
                "the whole sha",
                "commits' e-mail addresses and times of day",
                "0123456789abcdef0123456789abcdef01234567 ",
            ),
            (
                "emails, hashes, hours",
                "commits' layout",
                "01234567 Fri Aug 14 11:48:06 2026 +0900 Ann <a@b>: Subject",
            ),
        ] {
            let task = Task::of(task);
            let context = Context { task: &task, tight: false, every_line: false };
            let draft = draft(&Lines::of(&text), &context).unwrap();
            assert_eq!((&*draft.unit, draft.elided, draft.total), (unit, 4, 4));
            let Segment::Text(shown) = &draft.segments[0] else { panic!("text") };
            assert!(shown.contains(shows), "{shown}");
        }
    }

    #[test]
    fn a_commit_of_one_file_says_once_how_much_it_changes() {
        let commit = |stat: &str| {
            let head = "commit 0123456789abcdef\nAuthor: A <a@b>\nDate:   now\n\n    Subject\n\n";
            shown(&format!("{head}{stat}\n").repeat(3), "").unwrap()
        };
        let text = commit(" src/a.rs | 2 ++\n 1 file changed, 2 insertions(+)\n");
        assert!(text.ends_with(" A: Subject\n src/a.rs +2\n"), "{text}");
        let text =
            commit(" a.png | Bin 0 -> 9 bytes\n 1 file changed, 0 insertions(+), 0 deletions(-)\n");
        assert!(text.ends_with(" a.png Bin\n 1 files +0 -0\n"), "{text}");
    }

    #[test]
    fn a_file_that_the_task_names_is_listed_once_and_always() {
        let files: String = (0..20).map(|at| format!(" src/file{at}.rs | 3 +++\n")).collect();
        let commit = format!(
            "commit 0123456789abcdef\nAuthor: A <a@b>\nDate:   now\n\n    Subject\n\n{files} 20 files changed, 60 insertions(+)\n\n"
        );
        let text =
            shown(&commit.repeat(3), "why is src/file17.rs wrong, and src/file2.rs").unwrap();
        assert_eq!(text.matches("file2.rs 3").count(), 3, "{text}");
        assert_eq!(text.matches("file17.rs 3, … 7 more").count(), 3, "{text}");
        assert!(!text.contains(" | "), "{text}");
    }

    #[test]
    fn what_is_no_log_of_git() {
        assert_eq!(shown(&COMMIT.repeat(2), ""), None);
        assert_eq!(shown(&format!("x\n{}", COMMIT.repeat(3)), ""), None);
        assert_eq!(shown("commit to it\ncommit now\ncommit all\n", ""), None);
    }

    #[test]
    fn lines_between_that_nobody_expects_stay() {
        let text = format!("{COMMIT}diff --git a/x b/x\n+added\n").repeat(3);
        assert!(shown(&text, "").unwrap().contains("diff --git a/x b/x\n+added\n"));
    }
}
