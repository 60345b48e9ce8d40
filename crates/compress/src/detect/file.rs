//! Files by their names: which of them people write and maintain, so that whoever asks for one by its name may need,
//! and edit, any line of it.

use languages::Language;

use super::Detected;
use crate::kinds::Kind;

/// A file, by its name.
pub(crate) struct File<'a> {
    /// Its path, or its name alone.
    pub path: &'a str,
    /// The language that its name or its first line implies.
    pub language: Language,
    /// What is shown of it.
    pub text: &'a str,
}

/// Languages besides those of programs in which people write: markup, styles, settings.
const WRITTEN: [Language; 6] =
    [Language::Html, Language::Css, Language::Xml, Language::Toml, Language::Yaml, Language::Ini];
/// Names, in lower case, of files that people maintain in notations that the table of languages doesn't have.
const MAINTAINED: [&str; 3] = ["codeowners", "go.mod", "go.work"];
/// Beginnings of names of text files that list dependencies, and of folders with such files.
const DEPENDENCIES: [&str; 2] = ["constraints", "requirements"];
/// Names and endings, in lower case, of JSON files that are settings however long they are.
const JSON_SETTINGS: [&str; 6] = [
    "package.json",
    "composer.json",
    "deno.json",
    "jsconfig.json",
    "tsconfig.json",
    "angular.json",
];
const JSON_ENDINGS: [&str; 3] = ["code-workspace", "json5", "jsonc"];
/// Endings of what programs write down: logs, outputs, locked versions.
const RECORDS: [&str; 14] = [
    "dat", "data", "dump", "err", "history", "lock", "lockfile", "log", "out", "output", "sum",
    "text", "trace", "txt",
];
/// Folders whose files belong to programs, not to people.
const OF_PROGRAMS: [&str; 7] =
    ["/dev/", "/private/tmp/", "/private/var/", "/proc/", "/sys/", "/tmp/", "/var/"];
/// Elements at the beginning of what test runners and checkers report as XML.
const REPORTS: [&str; 5] = ["<testsuite", "<testsuites", "<coverage", "<checkstyle", "<report"];
/// How many bytes are searched for them. By hand, not measured.
const REPORT_BYTES: usize = 500;
/// A longer line, in bytes, is minified or generated, not written by people. By hand, not measured.
pub(crate) const LONGEST_LINE: usize = 2000;
/// Larger JSON files, in bytes, are data that nobody edits by hand. By hand, not measured.
pub(crate) const MAX_EDITED_BYTES: usize = 8000;

impl<'a> File<'a> {
    /// The file at `path`, of which `text` is shown.
    pub(super) fn of(path: &'a str, text: &'a str) -> Self {
        Self { path, language: Language::of(path, text.lines().next().unwrap_or("")), text }
    }

    /// What it holds, if its name says that.
    pub(super) fn detected(&self) -> Option<Detected> {
        let kind = Kind::ALL.iter().copied().find(|kind| kind.spec().is_in(self))?;
        let language = if kind == Kind::Code { self.language } else { Language::Text };
        Some(Detected { kind, language })
    }

    /// What it holds, if its content alone looks like `kind`: a notation that isn't known may look like anything, but
    /// not like the records of a program.
    pub(super) fn unless_recorded(&self, kind: Kind) -> Option<Detected> {
        let is_unclear = match self.language {
            // Numbers before its lines, or comments in it, make it no JSON.
            Language::Json => {
                matches!(kind, Kind::Text | Kind::Search | Kind::Facts | Kind::Table)
                    && self.is_edited_json()
            }
            // A folder's listing has no ending either.
            Language::Text if kind == Kind::Search => self.ending().is_some() && !self.is_record(),
            Language::Text => kind == Kind::Text && !self.is_record(),
            _ => false,
        };
        is_unclear.then_some(Detected { kind: Kind::Code, language: self.language })
    }

    /// Whether people write and maintain it.
    pub(crate) fn is_maintained(&self) -> bool {
        match self.language {
            Language::Text => self.is_named_maintained(),
            language if language.is_code() => true,
            language => is_written(language) && !is_lock(&self.name()) && !self.is_report(),
        }
    }

    /// Whether lines that no person writes are most of it.
    pub(crate) fn is_minified(&self) -> bool {
        let long = self.text.lines().map(str::len).filter(|length| *length > LONGEST_LINE);
        long.sum::<usize>() * 2 > self.text.len()
    }

    /// Its name in lower case, without the folder.
    fn name(&self) -> String {
        self.path.rsplit(['/', '\\']).next().unwrap_or(self.path).to_lowercase()
    }

    fn ending(&self) -> Option<String> {
        self.name().rsplit_once('.').map(|(_, ending)| ending.to_owned())
    }

    /// Whether its name is one of those that people give to what they maintain.
    fn is_named_maintained(&self) -> bool {
        let name = self.name();
        let is_dotfile = name.strip_prefix('.').is_some_and(|rest| rest.len() > 1);
        MAINTAINED.contains(&&*name)
            || is_recipe(self.path)
            || (is_dotfile && !self.has_record_ending())
            || (name.ends_with(".txt") && self.lists_dependencies())
    }

    /// Whether its name, or that of its folder, says that it lists dependencies.
    fn lists_dependencies(&self) -> bool {
        let mut names = self.path.rsplit(['/', '\\']).take(2);
        names.any(|name| DEPENDENCIES.iter().any(|known| name.starts_with(known)))
    }

    /// Whether a JSON file is one that people edit.
    fn is_edited_json(&self) -> bool {
        self.text.len() <= MAX_EDITED_BYTES
            || JSON_SETTINGS.contains(&&*self.name())
            || self.ending().is_some_and(|ending| JSON_ENDINGS.contains(&&*ending))
    }

    /// Whether its name or its folder says that a program wrote it.
    fn is_record(&self) -> bool {
        self.has_record_ending() || OF_PROGRAMS.iter().any(|folder| self.path.starts_with(folder))
    }

    fn has_record_ending(&self) -> bool {
        self.ending().is_some_and(|ending| RECORDS.iter().any(|known| ending.ends_with(known)))
    }

    /// Whether it is a report of a test runner or a checker.
    fn is_report(&self) -> bool {
        let start = &self.text[..self.text.floor_char_boundary(REPORT_BYTES)];
        self.language == Language::Xml && REPORTS.iter().any(|element| start.contains(element))
    }
}

/// Whether people write in this language, other than documents and data.
pub(super) fn is_written(language: Language) -> bool {
    language.is_code() || WRITTEN.contains(&language)
}

/// Whether a name says that a package manager wrote down versions there: `pnpm-lock.yaml`.
fn is_lock(name: &str) -> bool {
    name.split(['.', '-']).skip(1).any(|part| part == "lock")
}

/// Whether it is the name of a recipe for a tool, and not of a command: `Makefile`, `Caddyfile`, `Procfile`.
pub(super) fn is_recipe(path: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.starts_with(|c: char| c.is_ascii_uppercase()) && name.ends_with("file")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(path: &str, text: &str) -> Option<Kind> {
        File::of(path, text).detected().map(|detected| detected.kind)
    }

    #[test]
    fn what_people_maintain_is_code() {
        for path in [
            "src/a.py",
            "templates/page.html",
            "web/site.scss",
            ".github/workflows/ci.yml",
            "Cargo.toml",
            "pom.xml",
            "setup.cfg",
            ".env.example",
            "go.mod",
            "/w/go.work",
            ".gitignore",
            ".github/CODEOWNERS",
            "requirements-dev.txt",
            "requirements/base.txt",
            "CMakeLists.txt",
            "Makefile",
            "Gemfile",
            "Jenkinsfile",
            "deploy/Procfile",
            "C:\\w\\Vagrantfile",
        ] {
            assert_eq!(kind(path, ""), Some(Kind::Code), "{path}");
        }
    }

    #[test]
    fn what_programs_write_is_not() {
        for (path, expected) in [
            ("pnpm-lock.yaml", None),
            ("Gemfile.lock", None),
            ("gradle.lockfile", None),
            ("go.sum", Some(Kind::Lockfile)),
            ("Cargo.lock", Some(Kind::Lockfile)),
            ("package-lock.json", Some(Kind::Json)),
            ("data/rows.json", Some(Kind::Json)),
            ("a.csv", Some(Kind::Table)),
            ("app.log", Some(Kind::Log)),
            ("README.md", Some(Kind::Prose)),
            ("notes.txt", None),
            (".bash_history.1.log", Some(Kind::Log)),
            ("/proc/cpuinfo", None),
            ("nohup.out", None),
        ] {
            assert_eq!(kind(path, ""), expected, "{path}");
        }
        let report = "<?xml version=\"1.0\"?>\n<testsuite name=\"a\" tests=\"3\">\n";
        assert_eq!(kind("target/TEST-a.xml", report), None);
        let minified = format!("<!doctype html>\n<p>{}</p>\n", "a <b>b</b> ".repeat(900));
        assert_eq!(kind("dist/index.html", &minified), Some(Kind::Html));
    }

    #[test]
    fn a_notation_that_is_not_known_is_no_output() {
        for (path, text, seems, expected) in [
            ("baseline.neon", "", Kind::Text, true),
            ("web/page.haml", "", Kind::Search, true),
            ("Kconfig", "", Kind::Text, true),
            ("src/folder", "", Kind::Search, false),
            ("metrics.xyz", "", Kind::Log, false),
            ("/tmp/out", "", Kind::Text, false),
            ("build.out", "", Kind::Text, false),
            ("tasks/b1.output", "", Kind::Text, false),
            ("package.json", "     1\t{", Kind::Text, true),
            ("tsconfig.json", "// x", Kind::Text, true),
            ("rows.json", "[1]", Kind::Json, false),
        ] {
            let found = File::of(path, text).unless_recorded(seems);
            assert_eq!(found.is_some(), expected, "{path} {seems:?}");
        }
        let long = "     1\t{}\n".repeat(MAX_EDITED_BYTES / 8);
        assert!(File::of("rows.json", &long).unless_recorded(Kind::Text).is_none());
        assert!(File::of("w/package.json", &long).unless_recorded(Kind::Text).is_some());
    }
}
