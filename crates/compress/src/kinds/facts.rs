//! Facts: lines of `key=value` or `key: value`, each about something else, so that none is elided.

use languages::Language;
use rustc_hash::FxHashSet;

use super::diff::is_diff;
use super::json::is_json;
use super::log::is_logged;
use super::{KeptLines, TextKind, plain};
use crate::codecs::{Codec, Numbers, Paths, Repeats, Rows};
use crate::detect::{Command, Sample};

/// See the [module](self).
pub(super) struct Facts;

impl TextKind for Facts {
    fn name(&self) -> &'static str {
        "facts"
    }

    fn programs(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("declare", ""),
            ("df", ""),
            ("docker", "info"),
            ("env", ""),
            ("export", ""),
            ("free", ""),
            ("git", "config"),
            ("git", "status"),
            ("locale", ""),
            ("lscpu", ""),
            ("npm", "config"),
            ("pip", "config"),
            ("pip3", "config"),
            ("pnpm", "config"),
            ("printenv", ""),
            ("sysctl", ""),
            ("systemctl", "show"),
            ("ulimit", ""),
            ("yarn", "config"),
        ]
    }

    fn is_written_by(&self, command: &Command) -> bool {
        command.program == "git"
            && command.verb() != "log"
            && NAMES_ONLY.iter().any(|option| command.has(option))
    }

    fn agrees(&self, sample: &Sample) -> bool {
        !is_json(sample) && !is_diff(sample) && !sample.mostly(30, is_logged)
    }

    fn looks_like(&self, sample: &Sample) -> Option<Language> {
        let lines = sample.lines();
        plain(are_assigned(lines) || are_records(lines) || are_tracked(lines))
    }

    fn may_be(&self, sample: &Sample) -> bool {
        are_named(sample.lines())
    }

    fn codecs<'k>(&self, kept: &'k KeptLines<'_>) -> Vec<Box<dyn Codec + 'k>> {
        vec![Box::new(Rows::whole_words(kept)), Box::new(Repeats), Box::new(Numbers), Box::new(Paths)]
    }
}

/// Options of `git` to print the names of files, with a letter or two before each.
const NAMES_ONLY: [&str; 3] = ["--name-only", "--name-status", "--porcelain"];
/// The fewest lines of a list of settings. By hand, not measured.
const FEWEST: usize = 5;
/// The percentage of lines that must state a fact; the others are comments, section heads, or the
/// second line of a value. By hand, not measured.
const STATED_PERCENT: usize = 80;
/// The percentage of those whose key must be unique: the keys of logs and records recur. By hand,
/// not measured.
const DIFFERENT_PERCENT: usize = 90;
/// The percentage of lines that must be members of records in a list; the others are titles and the
/// second lines of values. By hand, not measured.
const MEMBERS_PERCENT: usize = 60;
/// The most lines of one record of a tracker, on average. By hand, not measured.
const MOST_RECORD_LINES: usize = 4;
/// The percentage of records whose titles must differ. By hand, not measured.
const TITLES_PERCENT: usize = 70;
/// A title has at least so many words. By hand, not measured.
const FEWEST_TITLE_WORDS: usize = 3;
/// No id of a record is longer, in bytes. By hand, not measured.
const LONGEST_ID: usize = 32;
/// The most bytes before an id on its line: a bullet, a box, a bracket. By hand, not measured.
const LONGEST_BULLET: usize = 8;
/// No key is longer, in bytes. By hand, not measured.
const LONGEST_KEY: usize = 80;
/// What shells print before a variable.
const DECLARATIONS: &[&str] = &["export ", "declare -x ", "declare -rx ", "set ", "setenv "];

/// Whether the lines, none of which is blank, are `KEY=value` or `key = value`: `env`, `sysctl -a`,
/// `git config -l`, properties; or the table of `df`.
fn are_assigned(lines: &[&str]) -> bool {
    let is_df = |line: &&str| line.starts_with("Filesystem ") && line.contains("Mounted on");
    lines.first().is_some_and(is_df) || are_facts(lines, |line| assigned(line).map(str::to_owned))
}

/// Whether the lines are `Key: value`: `lscpu`, `docker info`, the settings of a program.
fn are_named(lines: &[&str]) -> bool {
    are_facts(lines, |line| named(line).map(without_numbers))
}

/// Whether the lines are the members of records in a list: `- Title: x`, `* id: 7`.
fn are_records(lines: &[&str]) -> bool {
    let is_member = |line: &&&str| {
        let item = line.trim_start().strip_prefix(['-', '*']);
        item.and_then(|item| item.strip_prefix(' ')).is_some_and(|item| named(item).is_some())
    };
    let members = lines.iter().filter(is_member).count();
    members >= FEWEST && members * 100 >= lines.len() * MEMBERS_PERCENT
}

/// Whether the lines are records of a tracker: an id and a title, and perhaps indented lines with
/// more about it. No two titles are alike, so none stands for the others.
fn are_tracked(lines: &[&str]) -> bool {
    let tracked: Vec<Option<(&str, &str)>> = lines.iter().map(|line| tracked(line)).collect();
    let records: Vec<(&str, &str)> = tracked.iter().copied().flatten().collect();
    if records.len() < FEWEST || records.len() * MOST_RECORD_LINES < lines.len() {
        return false;
    }
    let others = || lines.iter().zip(&tracked).filter(|(_, id)| id.is_none()).map(|(line, _)| line);
    let outside = others().filter(|line| !line.starts_with([' ', '\t'])).count();
    if outside * 100 > lines.len() * (100 - STATED_PERCENT) {
        return false;
    }
    let is_next = |pair: &[(&str, &str)]| {
        let number = |(id, _): &(&str, &str)| id.parse::<u64>().ok();
        number(&pair[0]).is_some_and(|before| number(&pair[1]) == before.checked_add(1))
    };
    if records.windows(2).filter(|pair| is_next(pair)).count() * 2 > records.len() {
        // The lines of a file, with their numbers.
        return false;
    }
    let ids: FxHashSet<&str> = records.iter().map(|(id, _)| *id).collect();
    let titles: FxHashSet<String> = records.iter().filter_map(|(_, rest)| title(rest)).collect();
    // The titles of two-line records are on their second lines.
    let below: FxHashSet<String> = others().filter_map(|line| title(line)).collect();
    ids.len() * 100 >= records.len() * DIFFERENT_PERCENT
        && titles.len().max(below.len()) * 100 >= records.len() * TITLES_PERCENT
}

/// The id at the beginning of a record, and what follows it: `#12`, `WEB-12`, `tk-8d`, `12` before
/// a tab.
fn tracked(line: &str) -> Option<(&str, &str)> {
    let inner = line.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '#');
    if line.len() - inner.len() > LONGEST_BULLET {
        return None;
    }
    let end = inner.bytes().position(|byte| matches!(byte, b' ' | b'\t' | b':' | b']'))?;
    let (id, rest) = inner.split_at(end);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let is_key = |id: &str| {
        id.len() <= LONGEST_ID
            && id.starts_with(|c: char| c.is_ascii_alphabetic())
            && memchr::memrchr(b'-', id.as_bytes()).is_some_and(|at| {
                let last = &id.as_bytes()[at + 1..];
                (1..=6).contains(&last.len()) && last.iter().all(u8::is_ascii_alphanumeric)
            })
            && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    let is_id = id.strip_prefix('#').is_some_and(digits)
        || is_key(id)
        || (digits(id) && rest.starts_with('\t'));
    is_id.then_some((id, rest))
}

/// The words of the title in `text`, or in one of its cells; `None` if they are too few for one.
fn title(text: &str) -> Option<String> {
    let is_word = |word: &&str| word.chars().filter(|c| c.is_alphabetic()).count() >= 2;
    text.split('\t').find_map(|cell| {
        let words: Vec<&str> = cell.split_whitespace().filter(is_word).collect();
        (words.len() >= FEWEST_TITLE_WORDS).then(|| words.join(" "))
    })
}

fn are_facts(lines: &[&str], key: impl Fn(&str) -> Option<String>) -> bool {
    let told: Vec<&&str> = lines.iter().filter(|line| !is_aside(line)).collect();
    if told.len() < FEWEST {
        return false;
    }
    let mut others = told.len() - (told.len() * STATED_PERCENT).div_ceil(100);
    let mut keys = 0;
    let mut different: FxHashSet<String> = FxHashSet::default();
    for line in &told {
        match key(line) {
            Some(key) => {
                keys += 1;
                different.insert(key);
            }
            None if others == 0 => return false,
            None => others -= 1,
        }
    }
    different.len() * 100 >= keys * DIFFERENT_PERCENT
}

/// Whether it is a comment or a section head.
fn is_aside(line: &str) -> bool {
    let line = line.trim_start();
    match line.as_bytes().first() {
        Some(b'#' | b';' | b'!') => true,
        Some(b'[') => line.trim_end().ends_with(']'),
        _ => false,
    }
}

/// The key of `KEY=value` or `key = value`.
fn assigned(line: &str) -> Option<&str> {
    memchr::memchr(b'=', line.as_bytes())?;
    let line = line.trim_start();
    let line = DECLARATIONS.iter().find_map(|word| line.strip_prefix(word)).unwrap_or(line);
    let (key, value) = line.split_once('=')?;
    let key = key.trim_end();
    let is_key = (1..=LONGEST_KEY).contains(&key.len())
        && !key.contains(char::is_whitespace)
        && key
            .starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '/' | '"' | '@' | '-'));
    // Several pairs on one line are the fields of a log entry.
    let is_field = || value.split_whitespace().skip(1).any(assigned_field);
    (is_key && !value.starts_with('=') && !is_field()).then_some(key)
}

/// Whether `word` is `name=value`, like the field of a log entry.
fn assigned_field(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, value)| {
        !name.is_empty() && !value.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase())
    })
}

/// The key of `Key: value`.
fn named(line: &str) -> Option<&str> {
    let colon = memchr::memchr(b':', line.as_bytes())?;
    let (key, value) = (line[..colon].trim(), &line[colon + 1..]);
    let is_key = (value.is_empty() || value.starts_with([' ', '\t']))
        && (1..=LONGEST_KEY).contains(&key.len())
        && key.starts_with(char::is_alphabetic)
        && key.split_whitespace().nth(5).is_none();
    is_key.then_some(key)
}

/// `key` with each number replaced by zero: `worker-1` and `worker-2` count as the same key.
fn without_numbers(key: &str) -> String {
    let mut out = String::with_capacity(key.len());
    for c in key.chars() {
        match c.is_ascii_digit() {
            true if out.ends_with('0') => {}
            true => out.push('0'),
            false => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<&str> {
        text.lines().filter(|line| !line.trim().is_empty()).collect()
    }

    #[test]
    fn settings_are_facts() {
        for text in [
            "SHELL=/bin/sh\nHOME=/home/a\nPATH=/bin:/usr/bin\nLANG=C\nTERM=xterm\n",
            "export HOME=\"/home/a\"\nexport LANG=\"C\"\ndeclare -x A=\"1\"\nexport B\nexport C=\"\"\nexport D=\"2\"\n",
            "user.name=A\nuser.email=a@b\nremote.origin.url=https://x/y.git\ncore.bare=false\ncore.filemode=true\n",
            "kernel.pid_max = 4194304\nnet.ipv4.ip_forward = 0\nvm.swappiness = 60\nfs.file-max = 1\nkernel.x = 2\n",
            "# application\nserver.port=80\nserver.host=a b c\ndb.url=jdbc:x\ndb.user=x\ndb.pool=3\n",
            "; \"user\" config from /home/a/.npmrc\nregistry = \"https://x/\"\ncache = \"/c\"\nnode-version = \"22\"\n//x/:_authToken = (protected)\nuser-agent = \"npm/1\"\n",
            "Filesystem 1K-blocks Used Available Use% Mounted on\n/dev/sda1 1 1 0 99% /\n",
        ] {
            assert!(are_assigned(&lines(text)), "{text}");
        }
        let cpu = "Architecture:   x86_64\nCPU(s):   4\nVendor ID:   A\nModel name:   B C D\nCaches:\n  L1d:  32K\n";
        assert!(are_named(&lines(cpu)));
    }

    #[test]
    fn members_of_records_are_facts() {
        let record = |n: usize| format!("- Title: lib{n}\n- ID: /org/lib{n}\n- Score: {n}\n----\n");
        let text: String = (0..9).map(record).collect();
        assert!(are_records(&lines(&text)));
        let list: String = (0..9).map(|n| format!("- the {n}th point of the list\n")).collect();
        assert!(!are_records(&lines(&list)));
    }

    #[test]
    fn records_of_a_tracker_are_facts() {
        const WORDS: [&str; 7] = ["red", "blue", "slow", "old", "new", "wide", "flat"];
        let title = |n: usize| format!("make the {} door {}", WORDS[n % 7], WORDS[n * 3 % 5]);
        let make = |record: &dyn Fn(usize) -> String| (0..20).map(record).collect::<String>();
        for text in [
            make(&|n| format!("#{n} {}\n    open, {n} comments\n", title(n))),
            make(&|n| format!("tk-{n:x} [P1] open\n  {}\n", title(n))),
            make(&|n| format!("○ WEB-{n}: {}\n", title(n))),
            make(&|n| format!("{}\tOPEN\t{}\tbug\n", 900 - n, title(n))),
        ] {
            assert!(are_tracked(&lines(&text)), "{text}");
        }
        for text in [
            make(&|n| format!("job-{n} was done by the worker\n")),
            make(&|n| format!("web-{n}  1/1  Running  0  {n}d\n")),
            make(&|n| format!("2026-01-02 {}\n", title(n))),
            make(&|n| format!("{n:6}\t{}\n", title(n))),
            make(&|n| format!("{}\n", title(n))),
        ] {
            assert!(!are_tracked(&lines(&text)), "{text}");
        }
    }

    #[test]
    fn fields_and_records_are_none() {
        let logfmt = "time=1 level=info msg=a\n".repeat(9);
        let fields: String = (0..9).map(|n| format!("job{n}=1 state=ok took=3\n")).collect();
        let records = "name = a\nsize = 1\n".repeat(9);
        for text in [&*logfmt, &*fields, &*records, "a == b\nc == d\ne == f\ng == h\ni == j\n"] {
            assert!(!are_assigned(&lines(text)), "{text}");
        }
        let workers: String = (0..9).map(|n| format!("worker-{n}: done\n")).collect();
        assert!(!are_named(&lines(&workers)));
    }
}
