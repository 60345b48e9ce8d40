//! Lockfiles: `Cargo.lock`, `poetry.lock`, `uv.lock`, `yarn.lock`, `go.sum`. Of each package its name and version are
//! shown, and where it is from if that is unusual; checksums and lists of dependencies are elided, except for packages
//! that the task names. `package-lock.json` and `composer.lock` are JSON.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;

use languages::Language;

use super::{KeptLines, TextKind, plain};
use crate::codecs::{Codec, Repeats, Rows};
use crate::detect::{File, Sample};
use crate::elide::{Context, Draft, Segment};
use crate::lines::Lines;

/// The names of lockfiles, in lower case.
const FILES: &[&str] =
    &["cargo.lock", "go.sum", "pdm.lock", "poetry.lock", "uv.lock", "yarn.lock", "go.work.sum"];
/// Fewer packages in a text don't make it a lockfile. By hand, not measured.
const FEWEST_SEEN: usize = 3;
/// Fewer packages are shown as they are. By hand, not measured.
const FEWEST_ELIDED: usize = 8;

/// See the [module](self).
pub(super) struct Lockfile;

impl TextKind for Lockfile {
    fn name(&self) -> &'static str {
        "lockfile"
    }

    fn is_in(&self, file: &File) -> bool {
        let name = file.path.rsplit(['/', '\\']).next().unwrap_or(file.path);
        FILES.iter().any(|known| name.eq_ignore_ascii_case(known))
    }

    fn agrees(&self, sample: &Sample) -> bool {
        Format::of(sample.lines().iter().copied()).is_some()
    }

    fn looks_like(&self, sample: &Sample) -> Option<Language> {
        plain(self.agrees(sample))
    }

    fn codecs<'k>(&self, kept: &'k KeptLines<'_>) -> Vec<Box<dyn Codec + 'k>> {
        vec![Box::new(Rows::words(kept)), Box::new(Repeats)]
    }

    fn draft(&self, lines: &Lines, _language: Language, context: &Context) -> Option<Draft> {
        let packages = packages(lines)?;
        if packages.len() < FEWEST_ELIDED {
            return None;
        }
        let mut named = context.task.lines(lines);
        named.retain(|&line| names_a_package(lines.get(line)));
        let is_named = |package: &Package| {
            let first = named.partition_point(|&line| line < package.lines.start);
            named.get(first).is_some_and(|&line| line < package.lines.end)
        };
        let usual = usual_source(&packages);
        let (mut segments, mut elided, mut at) = (Vec::new(), 0, 0);
        for run in packages.chunk_by(|a, b| {
            a.lines.end == b.lines.start && !is_named(a) && !is_named(b)
        }) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            if is_named(first) {
                continue;
            }
            let range = first.lines.start..last.lines.end;
            segments.push(Segment::Lines(at..range.start));
            at = range.end;
            elided += range.len();
            let (count, list) = listed(run, usual);
            let packages = if count == 1 { "a package" } else { &format!("{count} packages") };
            segments.push(Segment::Omitted(range, format!("lines of {packages}:")));
            segments.push(Segment::Text(list));
        }
        segments.push(Segment::Lines(at..lines.count()));
        let total = lines.count();
        (elided > 0).then_some(Draft { segments, unit: "lines".into(), total, elided, ..Draft::default() })
    }
}

/// Whether the line may name a package. In all others a task that speaks of dependencies, sources or checksums would
/// find its words with every package.
fn names_a_package(line: &str) -> bool {
    let is_setting = |start: &str| line.trim_start().starts_with(start);
    !["[", "checksum", "dependencies", "integrity", "resolution", "resolved", "source", "version"]
        .into_iter()
        .any(is_setting)
}

/// The notation of a lockfile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    /// TOML with `[[package]]` tables.
    Toml,
    /// A name with a colon, and its settings indented.
    Yarn,
    /// A module, a version and a checksum per line.
    Go,
}

impl Format {
    /// The notation of the lines, blank ones left out.
    fn of<'l>(lines: impl Iterator<Item = &'l str> + Clone) -> Option<Self> {
        let are_seen =
            |is: fn(&str) -> bool| lines.clone().filter(|line| is(line)).nth(FEWEST_SEEN - 1).is_some();
        let is_toml = || {
            are_seen(|line| line == "[[package]]") && are_seen(|line| line.starts_with("name = \""))
        };
        let is_resolved =
            |line: &str| line.starts_with("  resolved \"") || line.starts_with("  resolution: \"");
        let is_yarn = || are_seen(|line| yarn_version(line).is_some()) && are_seen(is_resolved);
        let is_module = |line: &str| go_module(line).is_some();
        let is_go = || {
            let all = lines.clone().count();
            let others = lines.clone().filter(|line| !is_module(line)).take(all / 10 + 1).count();
            all - others >= FEWEST_SEEN && others * 10 <= all
        };
        match () {
            () if is_toml() => Some(Self::Toml),
            () if is_yarn() => Some(Self::Yarn),
            () if is_go() => Some(Self::Go),
            () => None,
        }
    }
}

/// A package, and the lines that are about it.
struct Package<'a> {
    lines: Range<usize>,
    name: &'a str,
    version: &'a str,
    /// Where it is from, as it is written; empty where nothing is said.
    source: &'a str,
}

/// The packages of a lockfile, in order.
fn packages<'a>(lines: &Lines<'a>) -> Option<Vec<Package<'a>>> {
    let line = |line: &'a str| line.strip_suffix('\r').unwrap_or(line);
    let format = Format::of(lines.iter().map(line).filter(|line| !line.trim().is_empty()))?;
    let mut packages: Vec<Package> = Vec::new();
    let mut open: Option<Package> = None;
    for (index, line) in lines.iter().map(line).enumerate() {
        let begins = match format {
            Format::Toml => (line == "[[package]]").then_some(("", "", "")),
            Format::Yarn => yarn_name(line).map(|name| (name, "", "")),
            Format::Go => go_module(line).map(|(name, version)| (name, version, "")),
        };
        if let Some((name, version, source)) = begins {
            close(&mut packages, open.take(), index);
            open = Some(Package { lines: index..index, name, version, source });
            continue;
        }
        let Some(package) = &mut open else { continue };
        match format {
            Format::Toml if line.starts_with("[[") || is_other_table(line) => {
                close(&mut packages, open.take(), index);
            }
            Format::Toml => package.set(line),
            Format::Yarn => package.version = yarn_version(line).unwrap_or(package.version),
            Format::Go => close(&mut packages, open.take(), index),
        }
    }
    close(&mut packages, open, lines.count());
    Some(packages)
}

fn close<'a>(packages: &mut Vec<Package<'a>>, open: Option<Package<'a>>, end: usize) {
    let complete = open.filter(|open| !open.name.is_empty());
    packages.extend(complete.map(|open| Package { lines: open.lines.start..end, ..open }));
}

impl<'a> Package<'a> {
    /// Reads a line of a `[[package]]` table; the first of each key counts, since tables follow it.
    fn set(&mut self, line: &'a str) {
        let Some((key, value)) = line.split_once(" = ") else { return };
        let field = match key {
            "name" => &mut self.name,
            "version" => &mut self.version,
            "source" => &mut self.source,
            _ => return,
        };
        if field.is_empty() {
            *field = value.trim_matches('"');
        }
    }
}

/// Whether a table begins that isn't about a package: `[metadata]`.
fn is_other_table(line: &str) -> bool {
    line.starts_with('[') && !line.starts_with("[package.")
}

/// The name in `"@scope/name@^1.0", "@scope/name@^1.1":`.
fn yarn_name(line: &str) -> Option<&str> {
    let first = line.strip_suffix(':')?.split(", ").next()?.trim_matches('"');
    let at = first.rfind('@').filter(|at| *at > 0)?;
    // In `name@npm:^1.0` the protocol follows the first `@` that isn't a scope's.
    let name = &first[..at];
    (!line.starts_with([' ', '#']) && !name.contains(char::is_whitespace)).then_some(name)
}

/// The version in `  version "1.0"` or `  version: 1.0`.
fn yarn_version(line: &str) -> Option<&str> {
    let value = line.strip_prefix("  version")?;
    value.strip_prefix(": ").or_else(|| value.strip_prefix(' ')).map(|v| v.trim_matches('"'))
}

/// The module and the version in `example.org/x v1.0.0 h1:…=`.
fn go_module(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split(' ');
    let (module, version, sum) = (words.next()?, words.next()?, words.next()?);
    let is_entry = version.starts_with('v') && sum.starts_with("h1:") && words.next().is_none();
    is_entry.then(|| (module, version.strip_suffix("/go.mod").unwrap_or(version)))
}

/// The source that most packages have.
fn usual_source<'a>(packages: &[Package<'a>]) -> &'a str {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    packages.iter().for_each(|package| *counts.entry(package.source).or_default() += 1);
    // Of equally frequent ones the alphabetically first, so that the result is always the same.
    counts.into_iter().min_by_key(|(source, count)| (usize::MAX - count, *source)).map_or("", |c| c.0)
}

/// Names and versions on a line each, with the source where it isn't the usual one; and how many lines that are.
fn listed(packages: &[Package], usual: &str) -> (usize, String) {
    let (mut count, mut out) = (0, String::new());
    let mut last = ("", "");
    for Package { name, version, source, .. } in packages {
        // `go.sum` has two lines for a module: one for all of it, one for its `go.mod`.
        if last == (*name, *version) {
            continue;
        }
        last = (*name, *version);
        count += 1;
        let space = if version.is_empty() { "" } else { " " };
        // Writing to a String cannot fail.
        let _ = match *source {
            source if source == usual => writeln!(out, "{name}{space}{version}"),
            "" => writeln!(out, "{name}{space}{version} (no source)"),
            source => writeln!(out, "{name}{space}{version} ({source})"),
        };
    }
    (count, out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Task;

    fn shown(text: &str, task: &str) -> String {
        let lines = Lines::of(text);
        let task = Task::of(task);
        let context = Context { task: &task, tight: false, every_line: false };
        let draft = Lockfile.draft(&lines, Language::Text, &context).expect("a draft");
        let write = |segment: &Segment| match segment {
            Segment::Lines(range) => lines.slice(range.clone()).to_owned(),
            Segment::Omitted(range, note) => format!("… {} {note}\n", range.len()),
            Segment::Text(text) => text.clone(),
            Segment::Code(_) => String::new(),
        };
        draft.segments.iter().map(write).collect()
    }

    #[test]
    fn names_versions_and_unusual_sources_stay() {
        let package = |n: usize| {
            let source = match n {
                3 => "",
                4 => "source = \"git+https://example.org/p4?rev=1\"\n",
                _ => "source = \"registry+https://example.org/index\"\n",
            };
            format!("[[package]]\nname = \"p{n}\"\nversion = \"1.{n}.0\"\n{source}checksum = \"ab{n}\"\n\n")
        };
        let text = format!(
            "# generated\nversion = 4\n\n{}[metadata]\nhash = \"x\"\n",
            (0..9).map(package).collect::<String>()
        );
        assert_eq!(
            shown(&text, "why is p7 among the dependencies?"),
            "# generated\nversion = 4\n\n… 41 lines of 7 packages:\np0 1.0.0\np1 1.1.0\np2 1.2.0\n\
             p3 1.3.0 (no source)\np4 1.4.0 (git+https://example.org/p4?rev=1)\np5 1.5.0\np6 1.6.0\n\
             [[package]]\nname = \"p7\"\nversion = \"1.7.0\"\n\
             source = \"registry+https://example.org/index\"\nchecksum = \"ab7\"\n\n\
             … 6 lines of a package:\np8 1.8.0\n[metadata]\nhash = \"x\"\n"
        );
    }

    #[test]
    fn other_notations_are_read() {
        let yarn: String = (0..9)
            .map(|n| {
                format!(
                    "\"@s/p{n}@^1.0.0\", \"@s/p{n}@^1.{n}.0\":\n  version \"1.{n}.0\"\n  resolved \"https://example.org/p{n}.tgz#ab\"\n\n"
                )
            })
            .collect();
        assert!(shown(&yarn, "").contains(":\n@s/p0 1.0.0\n@s/p1 1.1.0\n"));
        assert_eq!(shown(&yarn.replace('\n', "\r\n"), ""), shown(&yarn, ""));
        let go: String = (0..9)
            .map(|n| {
                format!("example.org/m{n} v1.{n}.0 h1:abc=\nexample.org/m{n} v1.{n}.0/go.mod h1:def=\n")
            })
            .collect();
        assert!(shown(&go, "").starts_with("… 18 lines of 9 packages:\nexample.org/m0 v1.0.0\nexample.org/m1 v1.1.0\n"));
        assert!(Format::of("name = \"a\"\nversion = \"1\"\n".lines()).is_none());
    }
}
