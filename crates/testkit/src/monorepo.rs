//! A repository of any size, made up: for measuring how cost grows.
//!
//! Languages, sizes, names and history are drawn from what four repositories have (rust-analyzer, helix, prettier,
//! etcd): sizes are log-normal with a median of 1.5 kB and a mean of 4 kB, words follow Zipf's law, a folder holds
//! about ten files, a file imports about three others, mostly near ones, and a commit changes about three files. The
//! same arguments give the same bytes.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{Command, Stdio};

/// How large a repository is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// The number of files.
    pub files: usize,
    /// The number of commits after the first one.
    pub commits: usize,
}

/// Files in a folder.
const PER_FOLDER: usize = 10;
/// Folders in a package.
const PER_PACKAGE: usize = 8;
/// The logarithm of the median size in bytes, and the deviation.
const SIZE: (f64, f64) = (7.3, 1.4);
/// The largest file in bytes.
const LARGEST: f64 = 200_000.0;
/// The committer time of the first commit, and the seconds from one to the next.
const TIME: (u64, u64) = (1_600_000_000, 3_600);

/// Makes a repository in the folder `root`, which is created.
///
/// # Errors
/// When a file can't be written, or git fails.
pub fn generate(root: &Path, size: Size) -> io::Result<()> {
    fs::create_dir_all(root)?;
    let words = Words::new(2_000 + size.files / 10);
    for number in 0..size.files {
        let file = File::of(number);
        let path = root.join(&file.path);
        if let Some(folder) = path.parent().filter(|_| number.is_multiple_of(PER_FOLDER)) {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, file.text(&words, size.files, 0))?;
    }
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        let identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"];
        command.current_dir(root).args(identity).args(["-c", "gc.auto=0"]).args(arguments);
        command.env("GIT_AUTHOR_DATE", format!("{} +0000", TIME.0));
        command.env("GIT_COMMITTER_DATE", format!("{} +0000", TIME.0));
        command
    };
    succeed(git(&["init", "-q", "-b", "main"]))?;
    succeed(git(&["add", "--all"]))?;
    succeed(git(&["commit", "-q", "--no-verify", "-m", "Begin"]))?;
    let mut import = git(&["fast-import", "--quiet"]).stdin(Stdio::piped()).spawn()?;
    if let Some(mut stream) = import.stdin.take() {
        for commit in 1..=size.commits {
            stream.write_all(change(&words, commit, size).as_bytes())?;
        }
    }
    if !import.wait()?.success() {
        return Err(io::Error::other("git fast-import failed"));
    }
    succeed(git(&["reset", "-q", "--hard", "main"]))
}

fn succeed(mut command: Command) -> io::Result<()> {
    match command.status()?.success() {
        true => Ok(()),
        false => Err(io::Error::other(format!("{command:?} failed"))),
    }
}

/// A commit, as `git fast-import` reads it.
fn change(words: &Words, commit: usize, size: Size) -> String {
    let mut random = Random::of(3, commit);
    let changed = 1 + random.below(5);
    let near = random.below(size.files);
    let mut message = capitalised(words.any(&mut random));
    for _ in 0..3 + random.below(6) {
        let _ = write!(message, " {}", words.any(&mut random));
    }
    let mut out = format!(
        "commit refs/heads/main\ncommitter Ada <ada@example.org> {} +0000\ndata {}\n{message}\n",
        TIME.0 + commit as u64 * TIME.1,
        message.len(),
    );
    if commit == 1 {
        out.push_str("from refs/heads/main^0\n");
    }
    for at in 0..changed {
        let file = File::of((near + at * at) % size.files);
        let text = file.text(words, size.files, commit);
        let _ = writeln!(out, "M 100644 inline {}\ndata {}\n{text}", file.path, text.len());
    }
    out
}

/// A source of numbers that are always the same (SplitMix64).
struct Random(u64);

impl Random {
    fn of(purpose: u64, number: usize) -> Self {
        Self(purpose << 56 ^ (number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to 1.
    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        ((self.share() * end as f64) as usize).min(end.saturating_sub(1))
    }

    /// Of a normal distribution with mean 0 and deviation 1 (Box and Muller).
    fn normal(&mut self) -> f64 {
        let (a, b) = (self.share().max(1e-12), self.share());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }
}

/// Words of programs, so that tasks in English have something to find: every fourth of the most frequent words.
const REAL: &str = "\
value name file path error result list index text line token session cache parse parser config configuration option \
test server client request response user message state node tree type class method function field table column row \
query filter sort limit count size length start end open close read write buffer stream socket connection timeout \
retry lock thread task queue job event handler listener callback promise future async batch page render view layout \
style color font image icon button form input output print format encode decode hash key secret password login \
account role permission policy rule match pattern search replace insert delete update merge diff patch commit branch \
version release build package module import export library plugin driver device memory pool allocator pointer string \
number integer float boolean array map set vector matrix graph edge vertex route router middleware template model \
schema migration database transaction record document folder directory link url header body cookie metric counter \
timer clock date time zone locale language translation log logger level debug trace warning failure panic exception \
validate check assert expect mock fixture sample example helper builder factory adapter proxy gateway service worker \
scheduler cluster shard replica leader follower snapshot backup restore archive compress extract upload download \
progress status health monitor alert report summary chart documentation comment expire clear lazy empty rename move";

/// Words, the most frequent first.
struct Words(Vec<String>);

impl Words {
    fn new(count: usize) -> Self {
        const STARTS: [&str; 16] =
            ["b", "c", "d", "f", "g", "l", "m", "n", "p", "r", "s", "t", "v", "st", "tr", "pl"];
        const ENDS: [&str; 12] =
            ["a", "e", "i", "o", "u", "an", "en", "er", "in", "or", "al", "et"];
        let real: Vec<&str> = REAL.split(' ').collect();
        let word = |number: usize| {
            if let (0, Some(word)) = (number % 4, real.get(number / 4)) {
                return (*word).to_owned();
            }
            let mut random = Random::of(1, number);
            let syllables = 2 + random.below(3);
            let syllable =
                |_| STARTS[random.below(STARTS.len())].to_owned() + ENDS[random.below(ENDS.len())];
            (0..syllables).map(syllable).collect::<String>()
        };
        Self((0..count).map(word).collect())
    }

    /// A word, by Zipf's law: the probability of one is the reciprocal of its rank.
    fn any(&self, random: &mut Random) -> &str {
        let rank = (self.0.len() as f64).powf(random.share()) as usize;
        &self.0[rank.min(self.0.len()) - 1]
    }

    /// An identifier of one to three words.
    fn identifier(&self, random: &mut Random, is_camel: bool) -> String {
        let mut out = self.any(random).to_owned();
        for _ in 0..random.below(3) {
            let word = self.any(random);
            match is_camel {
                true => out.push_str(&capitalised(word)),
                false => {
                    out.push('_');
                    out.push_str(word);
                }
            }
        }
        out
    }
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Rust,
    Python,
    TypeScript,
    Go,
    Java,
    Markdown,
    Toml,
}

/// One file.
struct File {
    number: usize,
    path: String,
    kind: Kind,
}

impl File {
    fn of(number: usize) -> Self {
        let folder = number / PER_FOLDER;
        let package = folder / PER_PACKAGE;
        // A package has one language, and some of its files are documentation or configuration.
        let language = match Random::of(4, package).below(10) {
            0..=2 => Kind::TypeScript,
            3..=4 => Kind::Python,
            5..=6 => Kind::Go,
            7 => Kind::Java,
            _ => Kind::Rust,
        };
        let kind = match number % PER_FOLDER {
            8 if folder.is_multiple_of(3) => Kind::Markdown,
            9 if folder.is_multiple_of(4) => Kind::Toml,
            _ => language,
        };
        let ending = match kind {
            Kind::Rust => "rs",
            Kind::Python => "py",
            Kind::TypeScript => "ts",
            Kind::Go => "go",
            Kind::Java => "java",
            Kind::Markdown => "md",
            Kind::Toml => "toml",
        };
        let test = if number % 7 == 3 && kind == language { "_test" } else { "" };
        let area = package / 40;
        let path =
            format!("area{area}/package{package}/src/part{folder}/file{number}{test}.{ending}");
        Self { number, path, kind }
    }

    /// The text after a number of changes.
    fn text(&self, words: &Words, files: usize, changes: usize) -> String {
        let mut random = Random::of(2, self.number);
        let size = (SIZE.0 + SIZE.1 * random.normal()).exp().clamp(60.0, LARGEST) as usize;
        let mut out = String::with_capacity(size + 200);
        for _ in 0..random.below(7) {
            let far = random.below(10) == 0;
            let other = match far {
                true => random.below(files),
                false => self.number.saturating_sub(random.below(PER_FOLDER * PER_PACKAGE)),
            };
            self.import(&Self::of(other), &mut out);
        }
        while out.len() < size {
            self.part(words, &mut random, &mut out);
        }
        if changes > 0 {
            self.part(words, &mut Random::of(5, changes), &mut out);
        }
        out
    }

    fn import(&self, other: &Self, out: &mut String) {
        let stem = other.path.rsplit_once('.').map_or(&*other.path, |(stem, _)| stem);
        let dotted = stem.replace('/', ".");
        let _ = match self.kind {
            Kind::Rust => writeln!(out, "use crate::{};", stem.replace('/', "::")),
            Kind::Python => writeln!(out, "import {dotted}"),
            Kind::TypeScript => writeln!(out, "import {{ x }} from \"/{stem}\";"),
            Kind::Go => writeln!(out, "import \"example.org/{stem}\""),
            Kind::Java => writeln!(out, "import {dotted};"),
            Kind::Markdown => writeln!(out, "See [this](/{}).\n", other.path),
            Kind::Toml => Ok(()),
        };
    }

    /// A function, a paragraph or a table.
    fn part(&self, words: &Words, random: &mut Random, out: &mut String) {
        let is_camel = matches!(self.kind, Kind::TypeScript | Kind::Go | Kind::Java);
        let name = words.identifier(random, is_camel);
        let mut comment = String::new();
        for _ in 0..6 + random.below(8) {
            let _ = write!(comment, " {}", words.any(random));
        }
        let _ = match self.kind {
            Kind::Rust => writeln!(out, "///{comment}\npub fn {name}(value: u32) -> u32 {{"),
            Kind::Python => writeln!(out, "def {name}(value):\n    #{comment}"),
            Kind::TypeScript => {
                writeln!(out, "//{comment}\nexport function {name}(value: number) {{")
            }
            Kind::Go => writeln!(out, "//{comment}\nfunc {name}(value int) int {{"),
            Kind::Java => writeln!(out, "/**{comment} */\nint {name}(int value) {{"),
            Kind::Markdown => writeln!(out, "## {name}\n\n{comment}\n"),
            Kind::Toml => writeln!(out, "[{name}]"),
        };
        for _ in 0..2 + random.below(8) {
            let (left, right) =
                (words.identifier(random, is_camel), words.identifier(random, is_camel));
            let number = random.below(1_000);
            let _ = match self.kind {
                Kind::Markdown => writeln!(out, "- `{left}` {right}"),
                Kind::Toml => writeln!(out, "{left} = \"{right}\""),
                Kind::Rust => writeln!(out, "    let {left} = {right}(value + {number});"),
                Kind::TypeScript => writeln!(out, "    const {left} = {right}(value + {number});"),
                Kind::Go => writeln!(out, "    {left} := {right}(value + {number})"),
                Kind::Java => writeln!(out, "    int {left} = {right}(value + {number});"),
                Kind::Python => writeln!(out, "    {left} = {right}(value + {number})"),
            };
        }
        out.push_str(match self.kind {
            Kind::Python => "    return value\n\n",
            Kind::Markdown | Kind::Toml => "\n",
            Kind::Rust => "    value\n}\n\n",
            _ => "    return value\n}\n\n",
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_arguments_give_the_same_repository() {
        let head = || {
            let folder = tempfile::tempdir().expect("a temporary folder");
            generate(folder.path(), Size { files: 40, commits: 5 }).expect("a repository");
            let mut log = Command::new("git");
            log.current_dir(folder.path()).args(["log", "--oneline", "--shortstat"]);
            let printed = String::from_utf8_lossy(&log.output().expect("git").stdout).into_owned();
            assert_eq!(printed.lines().filter(|line| line.contains("changed")).count(), 6);
            printed
        };
        assert_eq!(head(), head());
    }
}
