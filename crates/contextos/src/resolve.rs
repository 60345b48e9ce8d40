//! From flags and settings to what a command works with.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use tokens::{Encoding, Model};

use crate::args::{PackFormat, PickArgs};
use crate::compression::Shape;
use crate::context_dir::{self, ContextDir};
use crate::failure::Failure;
use crate::notes;
use crate::pipeline::{PackRequest, Tests};
use crate::settings::Settings;
use crate::weights;

/// A task on standard input may be so long.
const MOST_TASK_BYTES: u64 = 1 << 20;

/// What to pick, and how it is counted.
#[derive(Debug, Clone)]
pub(crate) struct PackPlan {
    /// Ready for the pipeline, as Markdown.
    pub(crate) request: PackRequest,
    /// The budget as the user gave it, in the model's tokens.
    pub(crate) budget: usize,
    /// How the model's tokens are counted.
    pub(crate) model: Model,
}

/// Resolves what `pack`, `export` and `explain` pick for `task`.
///
/// # Errors
/// When a value isn't one that is known.
pub(crate) fn pick(
    root: PathBuf,
    task: String,
    args: &PickArgs,
    settings: &Settings,
) -> Result<PackPlan, Failure> {
    let model = match args.model.clone().or_else(|| settings.model()) {
        None => Model { encoding: Encoding::default(), factor: 1.0 },
        Some(name) => tokens::model(&name).ok_or_else(|| unknown_model(&name))?,
    };
    let budget = args.budget.unwrap_or_else(|| settings.budget());
    let weights = weights::named(args.weights.as_deref(), &root)?;
    let tests = match (args.no_tests, args.include_tests, settings.tests()) {
        (true, _, _) | (false, false, Some(false)) => Tests::Never,
        (_, true, _) | (false, false, Some(true)) => Tests::Beside,
        (false, false, None) => Tests::Behind,
    };
    let mut exclude = settings.exclude();
    exclude.extend(args.exclude.iter().cloned());
    let include = if args.include.is_empty() { settings.include() } else { args.include.clone() };
    let request = PackRequest {
        root,
        task,
        budget: model.budget_in_encoding(budget),
        encoding: model.encoding,
        format: pack::Format::Markdown,
        tests,
        source: !args.no_source && settings.source(),
        include,
        exclude,
        focus: args.focus.clone(),
        weights,
        allow_sensitive: args.allow_sensitive || settings.allow_sensitive(),
        line_numbers: settings.line_numbers(),
        timestamp: None,
        notes: Vec::new(),
        history: !args.no_history && settings.history(),
        cache: false,
    };
    Ok(PackPlan { request, budget, model })
}

fn unknown_model(name: &str) -> Failure {
    Failure::usage(format_args!(
        "unknown model `{name}`; give the name of an OpenAI, Anthropic or Google model, like gpt-4o \
         or claude-sonnet-4"
    ))
}

/// The format of a pack, from the flag or the settings.
///
/// # Errors
/// When the settings name one that isn't known.
pub(crate) fn format(flag: Option<PackFormat>, settings: &Settings) -> Result<PackFormat, Failure> {
    if let Some(format) = flag {
        return Ok(format);
    }
    let name = settings.format();
    PackFormat::named(&name).ok_or_else(|| {
        let known: Vec<&str> = PackFormat::names().collect();
        let known = known.join(", ");
        Failure::new(format_args!("pack.format: unknown format `{name}`; there are: {known}"))
    })
}

impl PackFormat {
    /// How the pipeline writes it.
    pub(crate) fn rendered(self) -> pack::Format {
        match self {
            Self::Markdown | Self::Agent(_) => pack::Format::Markdown,
            Self::Json => pack::Format::Json,
            Self::Xml => pack::Format::Xml,
        }
    }

    /// In what shape it is compressed.
    pub(crate) fn shape(self) -> Shape {
        match self {
            Self::Markdown | Self::Agent(_) => Shape::Markdown,
            Self::Json => Shape::Json,
            Self::Xml => Shape::Xml,
        }
    }

    /// The file in `.contextos/` that holds it.
    pub(crate) fn file(self) -> &'static str {
        match self {
            Self::Markdown | Self::Agent(_) => "context_pack.md",
            Self::Json => "context_pack.json",
            Self::Xml => "context_pack.xml",
        }
    }
}

/// The task: given, read from standard input, or the current one of the checkout at `root`.
///
/// # Errors
/// When there is none.
pub(crate) fn task(given: Option<&str>, root: &Path) -> Result<String, Failure> {
    if let Some(given) = given {
        return given_task(given);
    }
    let current = ContextDir::of(root)?.read(context_dir::TASK)?;
    current.as_deref().and_then(notes::task::read).ok_or_else(|| {
        Failure::usage(
            "no task; give one with --task \"what to do\", or set one with `contextos task`",
        )
    })
}

/// A task from the command line, where `-` stands for standard input.
///
/// # Errors
/// When it is empty, or standard input isn't text.
pub(crate) fn given_task(given: &str) -> Result<String, Failure> {
    let task = if given == "-" { stdin()? } else { given.to_owned() };
    let task = task.trim();
    if task.is_empty() {
        return Err(Failure::usage("the task is empty; say what is to be done"));
    }
    Ok(task.to_owned())
}

fn stdin() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let failed = |error: io::Error| Failure::new(format_args!("standard input: {error}"));
    io::stdin().lock().take(MOST_TASK_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > MOST_TASK_BYTES {
        return Err(Failure::new("standard input: a task of more than a megabyte"));
    }
    String::from_utf8(bytes).map_err(|_| Failure::new("standard input: the task is not UTF-8"))
}
