//! Resolves flags and settings to the plan that a command executes.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tokens::{Encoding, Model};

use crate::args::{Global, PackFormat, PickArgs};
use crate::compression::Shape;
use crate::context_dir::{self, ContextDir};
use crate::embeddings::Endpoint;
use crate::failure::Failure;
use crate::notes;
use crate::pipeline::{PackRequest, Tests, glob_of};
use crate::place::{self, Place};
use crate::settings::Settings;
use crate::weights;

/// The largest task on standard input, in bytes. By hand: far more than a task has.
const MAX_TASK_BYTES: u64 = 1 << 20;
/// The largest list of files, in bytes. By hand: the paths of a quarter of a million files.
const MAX_LIST_BYTES: u64 = 16 << 20;

/// The missing files that a warning names. By hand.
const NAMED: usize = 3;

/// The request for the pipeline, and the budget in the tokens of the user's model.
#[derive(Debug, Clone)]
pub(crate) struct PackPlan {
    /// The request; its format is Markdown until the producer sets another.
    pub(crate) request: PackRequest,
    /// The budget as the user gave it, in the model's tokens.
    pub(crate) budget: usize,
    /// How the model's tokens are counted.
    pub(crate) model: Model,
    /// The globs of the command line, each with its flag.
    pub(crate) globs: Vec<(&'static str, String)>,
    /// What is wrong with the arguments, but no reason to make no pack: a sentence each.
    pub(crate) warnings: Vec<String>,
}

/// Resolves the arguments that `pack`, `export` and `explain` share.
///
/// # Errors
/// When the model is unknown, or the weights can't be read.
pub(crate) fn pick(
    place: Place,
    task: String,
    args: &PickArgs,
    settings: &Settings,
) -> Result<PackPlan, Failure> {
    if args.diff.as_deref().is_some_and(|range| range.trim().is_empty()) {
        return Err(Failure::usage(
            "--diff: the revision is empty; is a variable unset? What is checked out is HEAD",
        ));
    }
    let model = match args.model.clone().or_else(|| settings.model()) {
        None => Model { encoding: Encoding::default(), factor: 1.0 },
        Some(name) => tokens::model(&name).ok_or_else(|| unknown_model(&name))?,
    };
    let budget = args.budget.unwrap_or_else(|| settings.budget());
    let weights = weights::named(args.weights.as_deref(), &place.root)?;
    let tests = match (args.no_tests, args.include_tests, settings.tests()) {
        (true, _, _) | (false, false, Some(false)) => Tests::Never,
        (_, true, _) | (false, false, Some(true)) => Tests::Beside,
        (false, false, None) => Tests::Behind,
    };
    let mut exclude = settings.exclude();
    exclude.extend(args.exclude.iter().cloned());
    let mut warnings = Vec::new();
    let include = match &args.files_from {
        Some(list) => listed(list, &place, &mut warnings)?,
        None if args.include.is_empty() => settings.include(),
        None => args.include.clone(),
    };
    let allow_sensitive = args.allow_sensitive || settings.allow_sensitive();
    let request = PackRequest {
        embeddings: embeddings(args, allow_sensitive)?,
        is_pack_enough: false,
        root: place.root,
        within: place.within,
        task,
        budget: model.budget_in_encoding(budget),
        encoding: model.encoding,
        format: pack::Format::Markdown,
        tests,
        source: !args.no_source && settings.source(),
        include,
        exclude,
        focus: args.focus.clone(),
        also: args.also.clone(),
        changes: args.diff.clone(),
        detail: args.detail.clone(),
        weights,
        is_resolved: false,
        allow_sensitive,
        line_numbers: settings.line_numbers(),
        timestamp: None,
        notes: Vec::new(),
        history: !args.no_history && settings.history(),
        cache: false,
        verify: args.verify,
    };
    Ok(PackPlan { request, budget, model, globs: globs(args), warnings })
}

/// The globs of the command line, each with its flag.
fn globs(args: &PickArgs) -> Vec<(&'static str, String)> {
    let include = args.include.iter().map(|glob| ("--include", glob.clone()));
    let exclude = args.exclude.iter().map(|glob| ("--exclude", glob.clone()));
    let detail = args.detail.iter().map(|detail| ("--detail", detail.glob().to_owned()));
    include.chain(exclude).chain(detail).collect()
}

/// The files that `list` names, each as a glob that matches it alone. Some may not exist, which is a warning: what lists
/// changed files lists those that were removed, too.
fn listed(list: &Path, place: &Place, warnings: &mut Vec<String>) -> Result<Vec<String>, Failure> {
    let failed =
        |error: io::Error| Failure::new(format_args!("--files-from {}: {error}", list.display()));
    let mut text = String::new();
    let input: Box<dyn Read> = match list == Path::new("-") {
        true => Box::new(io::stdin().lock()),
        false => Box::new(File::open(list).map_err(failed)?),
    };
    input.take(MAX_LIST_BYTES + 1).read_to_string(&mut text).map_err(failed)?;
    if text.len() as u64 > MAX_LIST_BYTES {
        return Err(Failure::new("--files-from: the list is larger than 16 MiB"));
    }
    let end = if text.contains('\0') { '\0' } else { '\n' };
    let paths = text.split(end).map(|path| path.trim_end_matches('\r'));
    let paths: Vec<&str> = paths.filter(|path| !path.trim().is_empty()).collect();
    if paths.is_empty() {
        return Err(Failure::usage(format_args!(
            "--files-from {}: it lists no file",
            list.display()
        )));
    }
    let exists = |path: &String| place.root.join(path).symlink_metadata().is_ok();
    let is_missing = |path: &&str| !place.readings(path).iter().any(exists);
    let missing: Vec<&str> = paths.iter().copied().filter(is_missing).collect();
    if !missing.is_empty() {
        let named = missing.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        let more = if missing.len() > NAMED { ", …" } else { "" };
        let (count, all, list) = (missing.len(), paths.len(), list.display());
        if count == all {
            return Err(Failure::new(format_args!(
                "--files-from {list}: none of its files exists ({named}{more})"
            )));
        }
        let exist = if count == 1 { "doesn't exist" } else { "don't exist" };
        warnings
            .push(format!("--files-from {list}: {count} of {all} files {exist} ({named}{more})"));
    }
    let readings = paths.iter().flat_map(|path| place.readings(path));
    Ok(readings.map(|path| format!("/{}", glob_of(&path))).collect())
}

/// The server of `--embeddings`, which must never get a credential.
fn embeddings(args: &PickArgs, allow_sensitive: bool) -> Result<Option<Endpoint>, Failure> {
    let Some(url) = &args.embeddings else { return Ok(None) };
    if allow_sensitive {
        return Err(Failure::usage(
            "--embeddings sends redacted text only, but your settings allow credentials in packs",
        ));
    }
    let endpoint = Endpoint::new(url, args.embeddings_model.as_deref());
    endpoint.map(Some).map_err(Failure::usage)
}

fn unknown_model(name: &str) -> Failure {
    Failure::usage(format_args!(
        "unknown model `{name}`; use the name of an OpenAI, Anthropic or Google model, like gpt-4o \
         or claude-sonnet-4"
    ))
}

/// The format of a pack, from the flag or the settings.
///
/// # Errors
/// When the settings name an unknown one.
pub(crate) fn format(flag: Option<PackFormat>, settings: &Settings) -> Result<PackFormat, Failure> {
    if let Some(format) = flag {
        return Ok(format);
    }
    let name = settings.format();
    PackFormat::named(&name).ok_or_else(|| {
        let known: Vec<&str> = PackFormat::names().collect();
        let known = known.join(", ");
        Failure::new(format_args!("pack.format: unknown format `{name}`; the formats are: {known}"))
    })
}

impl PackFormat {
    /// The format of the rendered pack.
    pub(crate) fn rendered(self) -> pack::Format {
        match self {
            Self::Markdown | Self::Agent(_) => pack::Format::Markdown,
            Self::Json => pack::Format::Json,
            Self::Xml => pack::Format::Xml,
        }
    }

    /// The shape of the text for compression.
    pub(crate) fn shape(self) -> Shape {
        match self {
            Self::Markdown | Self::Agent(_) => Shape::Markdown,
            Self::Json => Shape::Json,
            Self::Xml => Shape::Xml,
        }
    }

    /// The name of its file in `.contextos/`.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Markdown | Self::Agent(_) => "context_pack.md",
            Self::Json => "context_pack.json",
            Self::Xml => "context_pack.xml",
        }
    }
}

/// The folder and the task among the positional arguments.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Named {
    /// The folder; `None` for the current one.
    pub(crate) folder: Option<PathBuf>,
    /// The task, if one was given.
    pub(crate) task: Option<String>,
}

/// Distinguishes the folder from the task: `first` is the argument that may be a folder, `words` are the
/// others, `flag` is the value of `--task`.
///
/// # Errors
/// When there are two tasks, or the only argument is a single word and not a folder.
pub(crate) fn named(
    global: &Global,
    first: Option<&Path>,
    words: &[String],
    flag: Option<&str>,
) -> Result<Named, Failure> {
    let flag = flag.map(str::to_owned);
    let Some(first) = first else { return Ok(Named { folder: None, task: flag }) };
    let folder = global.repository(Some(first));
    let written = first.to_string_lossy();
    let only = words.is_empty();
    if only && (flag.is_some() || folder.exists()) {
        return Ok(Named { folder: Some(first.to_owned()), task: flag });
    }
    if flag.is_some() {
        return Err(Failure::usage(format_args!(
            "there are two tasks: the one of --task, and `{}`",
            words.join(" ")
        )));
    }
    if only && written != "-" && !written.contains(char::is_whitespace) {
        return Err(Failure::usage(format_args!(
            "{written}: no such folder; if it is the task, use --task \"{written}\""
        )));
    }
    let relative = ["./", "../", ".\\", "..\\"].iter().any(|start| written.starts_with(start));
    if relative && !folder.exists() {
        return Err(Failure::new(format_args!("{written}: no such folder")));
    }
    // In a checkout with a folder `docs`, `docs are wrong` is still a task.
    let path_like = written.contains(['/', '\\']) || written == "." || written == "..";
    if folder.is_dir() && (path_like || place::is_repository(&folder)) {
        return Ok(Named { folder: Some(first.to_owned()), task: Some(words.join(" ")) });
    }
    let words: Vec<&str> =
        std::iter::once(&*written).chain(words.iter().map(String::as_str)).collect();
    Ok(Named { folder: None, task: Some(words.join(" ")) })
}

/// The task: the given one, or the current one of the checkout at `root`. With `--diff` there may be none: then
/// the changes are the task.
///
/// # Errors
/// When there is none, but has to be.
pub(crate) fn task(given: Option<&str>, root: &Path, args: &PickArgs) -> Result<String, Failure> {
    if let Some(given) = given {
        if given == "-" && args.files_from.as_deref() == Some(Path::new("-")) {
            return Err(Failure::usage(
                "the task and --files-from can't both be read from standard input",
            ));
        }
        return given_task(given);
    }
    if args.diff.is_some() {
        return Ok(String::new());
    }
    let current = ContextDir::of(root)?.read(context_dir::TASK)?;
    current.as_deref().and_then(notes::task::read).ok_or_else(|| {
        Failure::usage(
            "there is no task; use --task \"what to do\", or set one with `contextos task`",
        )
    })
}

/// A task from the command line; `-` reads it from standard input.
///
/// # Errors
/// When it is empty, or standard input isn't text.
pub(crate) fn given_task(given: &str) -> Result<String, Failure> {
    let task = if given == "-" { stdin()? } else { given.to_owned() };
    // Editors and shells of Windows begin texts with a byte order mark.
    let task = task.trim_start_matches('\u{feff}').trim();
    if task.is_empty() {
        return Err(Failure::usage("the task is empty; say what you want to do"));
    }
    Ok(task.to_owned())
}

fn stdin() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let failed = |error: io::Error| Failure::new(format_args!("standard input: {error}"));
    io::stdin().lock().take(MAX_TASK_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MAX_TASK_BYTES {
        return Err(Failure::new("standard input: the task is larger than 1 MiB"));
    }
    String::from_utf8(bytes).map_err(|_| Failure::new("standard input: the task is not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Cli, Command};
    use clap::Parser;
    use std::fs;

    #[test]
    fn a_folder_is_told_from_a_task() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("docs/api")).unwrap();
        fs::create_dir_all(root.path().join("service/.git")).unwrap();
        fs::write(root.path().join("service/.git/HEAD"), "ref: refs/heads/main\n").unwrap();
        fs::write(root.path().join("README.md"), "").unwrap();
        let read = |line: &[&str]| {
            let at = ["contextos", "-C", root.path().to_str().unwrap(), "pack"];
            let cli = Cli::try_parse_from(at.iter().chain(line)).unwrap();
            let Command::Pack(args) = cli.command else { panic!() };
            named(&cli.global, args.repo.as_deref(), &args.words, args.pick.task.as_deref())
                .map(|named| (named.folder.map(|f| f.display().to_string()), named.task))
                .map_err(|failure| failure.to_string())
        };
        let ok = |folder: Option<&str>, task: Option<&str>| {
            Ok((folder.map(str::to_owned), task.map(str::to_owned)))
        };
        for (line, expected) in [
            (&[][..], ok(None, None)),
            (&["."], ok(Some("."), None)),
            (&["docs"], ok(Some("docs"), None)),
            (&["README.md"], ok(Some("README.md"), None)),
            (&[".", "--task", "fix it"], ok(Some("."), Some("fix it"))),
            (&["gone", "--task", "fix it"], ok(Some("gone"), Some("fix it"))),
            (&["fix auth bug"], ok(None, Some("fix auth bug"))),
            (&["fix", "auth", "bug"], ok(None, Some("fix auth bug"))),
            (&[".", "fix", "auth", "bug"], ok(Some("."), Some("fix auth bug"))),
            (&["docs/api", "fix auth bug"], ok(Some("docs/api"), Some("fix auth bug"))),
            (&["docs/", "are", "wrong"], ok(Some("docs/"), Some("are wrong"))),
            (&["docs", "are", "wrong"], ok(None, Some("docs are wrong"))),
            (&["service", "is", "slow"], ok(Some("service"), Some("is slow"))),
            (&["/api/users", "returns", "500"], ok(None, Some("/api/users returns 500"))),
            (&["-"], ok(None, Some("-"))),
            (&[".", "-"], ok(Some("."), Some("-"))),
        ] {
            assert_eq!(read(line), expected, "{line:?}");
        }
        assert!(read(&["gone"]).unwrap_err().contains("if it is the task, use --task \"gone\""));
        assert!(read(&["../gone", "fix", "it"]).unwrap_err().contains("no such folder"));
        assert!(read(&[".", "fix", "--task", "x"]).unwrap_err().contains("two tasks"));
    }
}
