//! The arguments of `contextos pack`, `export` and `explain`, which select alike.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser};
use clap::error::ErrorKind;

use crate::exporters::{self, Exporter};

/// What to select for, how much, and from where.
#[derive(Debug, Default, Args)]
pub(crate) struct PickArgs {
    /// The task; `-` reads it from standard input [default: .contextos/CURRENT_TASK.md]
    #[arg(short, long, value_name = "TEXT", allow_hyphen_values = true, value_parser = TaskParser)]
    pub(crate) task: Option<String>,
    /// The maximum number of tokens of the whole pack: 8000, 8k, 8,000 [default: 8000]
    #[arg(short, long, value_name = "N", value_parser = parse_amount)]
    pub(crate) budget: Option<usize>,
    /// Count the budget in this model's tokens, e.g. gpt-4o or claude-sonnet-4
    #[arg(long, value_name = "NAME")]
    pub(crate) model: Option<String>,
    /// Exclude tests
    #[arg(long, conflicts_with = "include_tests")]
    pub(crate) no_tests: bool,
    /// Rank tests like any other source
    #[arg(long)]
    pub(crate) include_tests: bool,
    /// Exclude source files: only tests, documentation and configuration
    #[arg(long)]
    pub(crate) no_source: bool,
    /// Select only from paths that match; may be given more than once
    #[arg(long, value_name = "GLOB")]
    pub(crate) include: Vec<String>,
    /// Don't select from paths that match; may be given more than once
    #[arg(long, value_name = "GLOB")]
    pub(crate) exclude: Vec<String>,
    /// A file or folder to rank higher; may be given more than once
    #[arg(long, value_name = "PATH")]
    pub(crate) focus: Vec<String>,
    /// Rank with the weights of a file, or with those that `eval --fit` made for this repository
    #[arg(long, value_name = "FILE|fitted")]
    pub(crate) weights: Option<PathBuf>,
    /// Don't use the commit history
    #[arg(long)]
    pub(crate) no_history: bool,
    /// Read credential files, and show credentials as they are
    #[arg(long)]
    pub(crate) allow_sensitive: bool,
}

/// How a pack is written, whoever it is for.
#[derive(Debug, Args)]
pub(crate) struct WriteArgs {
    /// Prefix each line with its number
    #[arg(long)]
    pub(crate) line_numbers: bool,
    /// State in the pack when it was made
    #[arg(long, overrides_with = "no_timestamp")]
    pub(crate) timestamp: bool,
    /// Write the same bytes each time (the default)
    #[arg(long, hide = true)]
    pub(crate) no_timestamp: bool,
    /// Compress the finished pack: headroom, builtin, or cmd:NAME from your configuration
    #[arg(long, value_name = "NAME", overrides_with = "no_compress")]
    pub(crate) compress: Option<String>,
    /// Don't compress, whatever your configuration says
    #[arg(long, hide = true)]
    pub(crate) no_compress: bool,
    /// Write the pack here too; `-` is standard output
    #[arg(short, long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,
}

/// `contextos pack`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  contextos pack . --task \"fix auth bug\" --budget 8000
  contextos pack fix auth bug --budget 8k
  contextos pack services/billing \"invoices are rounded twice\"
  contextos pack --task \"--print0 drops the last byte\" | llm
  git show --format=%B -s HEAD | contextos pack --task - --quiet > pack.md
  contextos pack --task \"fix auth bug\" --compress headroom
  contextos pack --task \"slow uploads\" --focus src/upload --format json --out pack.json
  contextos pack --task \"fix auth bug\" --explain

Writes .contextos/context_pack.md (.json, .xml), and prints it where standard output is a pipe or a
file and neither --out nor --explain is given. Every token of it counts against the budget, which is
about the pack before compression. A folder of a repository is packed alone, with the history,
settings and .contextos/ of its repository; paths, globs included, count from the repository's top.")]
pub(crate) struct PackArgs {
    /// The repository, or a folder of one [default: here]
    #[arg(value_name = "REPO")]
    pub(crate) repo: Option<PathBuf>,
    /// The task, without --task; words that name no folder count as the task, too
    #[arg(value_name = "TASK")]
    pub(crate) words: Vec<String>,
    #[command(flatten)]
    pub(crate) pick: PickArgs,
    #[arg(help = format!("md, json, xml, or md for an agent: {}", exporters::names()))]
    #[arg(short, long, value_name = "FORMAT", value_parser = format_parser(), hide_possible_values = true)]
    pub(crate) format: Option<PackFormat>,
    #[command(flatten)]
    pub(crate) write: WriteArgs,
    /// Print why each chunk was chosen, or wasn't, to standard output (with --format json: as JSON)
    #[arg(long)]
    pub(crate) explain: bool,
}

/// `contextos export`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  contextos export claude --task \"fix auth bug\"
  contextos export codex fix auth bug
  contextos export all
  contextos export aider --task \"fix auth bug\" --budget 4000 --compress headroom

Writes .contextos/CLAUDE_CONTEXT.md and the like; the pack says how that agent loads it.")]
pub(crate) struct ExportArgs {
    #[arg(help = format!("{}, or all", exporters::names()))]
    #[arg(value_name = "AGENT", value_parser = target_parser(), hide_possible_values = true)]
    pub(crate) target: ExportTarget,
    /// The repository, or a folder of one [default: here]
    #[arg(value_name = "REPO")]
    pub(crate) repo: Option<PathBuf>,
    /// The task, without --task; words that name no folder count as the task, too
    #[arg(value_name = "TASK")]
    pub(crate) words: Vec<String>,
    #[command(flatten)]
    pub(crate) pick: PickArgs,
    #[command(flatten)]
    pub(crate) write: WriteArgs,
}

/// `contextos explain`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  contextos explain src/auth/token.rs --task \"fix auth bug\"
  contextos explain refresh_token fix auth bug
  contextos explain src/auth/token.rs:120 --json

Lists the subject's chunks: + those in the pack, - those that aren't. Chunks are taken by probability
per token, so a short one with a lower score can be preferred to a long one; its line says so.")]
pub(crate) struct ExplainArgs {
    /// A path, a path with a line (PATH:LINE), or the name of a symbol
    #[arg(value_name = "PATH|SYMBOL")]
    pub(crate) subject: String,
    /// The task, without --task
    #[arg(value_name = "TASK")]
    pub(crate) words: Vec<String>,
    #[command(flatten)]
    pub(crate) pick: PickArgs,
    /// Print the answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// In what shape a pack is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PackFormat {
    Markdown,
    Json,
    Xml,
    /// Markdown with a note on how this agent loads it.
    Agent(&'static Exporter),
}

impl PackFormat {
    /// The format of that name, if there is one.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "md" | "markdown" => Some(Self::Markdown),
            "json" => Some(Self::Json),
            "xml" => Some(Self::Xml),
            _ => exporters::named(name).map(Self::Agent),
        }
    }

    /// The names of all formats.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        ["md", "json", "xml"].into_iter().chain(exporters::all().iter().map(|e| e.name))
    }
}

/// Who to export for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExportTarget {
    One(&'static Exporter),
    All,
}

/// A number of tokens, as people write it.
pub(super) fn parse_amount(text: &str) -> Result<usize, String> {
    tokens::parse_amount(text)
        .ok_or_else(|| "not a number of tokens, like 8000, 8k or 8,000".to_owned())
}

/// Takes any text for a task, also one that begins with a dash, but for a flag of the command: there
/// the task was forgotten.
#[derive(Debug, Clone, Copy)]
struct TaskParser;

impl TypedValueParser for TaskParser {
    type Value = String;

    fn parse_ref(
        &self,
        command: &clap::Command,
        arg: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<String, clap::Error> {
        let text = StringValueParser::new().parse_ref(command, arg, value)?;
        if !is_flag(command, &text) {
            return Ok(text);
        }
        let message = format!(
            "--task needs a text, and `{text}` is a flag; a task like that can be given on standard \
             input, by --task -\n"
        );
        Err(clap::Error::raw(ErrorKind::InvalidValue, message).with_cmd(command))
    }
}

/// Whether `text` is a flag of the command as it would be written, perhaps with its value.
fn is_flag(command: &clap::Command, text: &str) -> bool {
    if text.contains(char::is_whitespace) {
        return false;
    }
    if let Some(long) = text.strip_prefix("--") {
        let name = long.split('=').next().unwrap_or(long);
        let mut longs = command.get_arguments().filter_map(clap::Arg::get_long);
        return longs.any(|known| known == name);
    }
    let short = text.strip_prefix('-').and_then(|text| text.chars().next());
    short.is_some_and(|short| {
        command.get_arguments().filter_map(clap::Arg::get_short).any(|known| known == short)
    })
}

fn format_parser() -> impl TypedValueParser<Value = PackFormat> {
    let values = PackFormat::names().map(|name| match name {
        "md" => PossibleValue::new(name).alias("markdown"),
        _ => PossibleValue::new(name),
    });
    // Only the names that were just listed get this far, and each is known.
    PossibleValuesParser::new(values)
        .map(|name| PackFormat::named(&name).unwrap_or(PackFormat::Markdown))
}

fn target_parser() -> impl TypedValueParser<Value = ExportTarget> {
    let values = exporters::all().iter().map(|e| e.name).chain(["all"]).map(PossibleValue::new);
    PossibleValuesParser::new(values).map(|name| match exporters::named(&name) {
        Some(exporter) => ExportTarget::One(exporter),
        None => ExportTarget::All,
    })
}
