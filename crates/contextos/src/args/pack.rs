//! The arguments of `contextos pack`, `export` and `explain`, which share those about selection.

use std::ffi::OsStr;
use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser};
use clap::error::ErrorKind;

use super::suggested::Suggested;
use crate::detail::Detail;
use crate::exporters::{self, Exporter};

/// The task, the budget, and the files to select from.
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
    /// Read every file again, even if its metadata is as it was at the last run
    #[arg(long)]
    pub(crate) verify: bool,
    /// A file or folder to rank higher; may be given more than once
    #[arg(long, value_name = "PATH")]
    pub(crate) focus: Vec<String>,
    /// A file to show whole, or a folder of such, whatever the task says; may be given more than once
    #[arg(long, value_name = "PATH")]
    pub(crate) also: Vec<String>,
    /// Show what has changed since a revision whole, uncommitted changes too: main, HEAD~3, A..B, A...B
    #[arg(long, value_name = "REV")]
    pub(crate) diff: Option<String>,
    /// How much to show of the files that match: full, spans, outline or name; the last one that matches counts
    #[arg(long, value_name = "GLOB=LEVEL")]
    pub(crate) detail: Vec<Detail>,
    /// Select only from the files that FILE lists, one on each line or with NUL between them; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "include")]
    pub(crate) files_from: Option<PathBuf>,
    /// Rank with the weights in FILE, or with those that `eval --fit` learned for this repository
    #[arg(long, value_name = "FILE|fitted")]
    pub(crate) weights: Option<PathBuf>,
    /// Don't use the commit history
    #[arg(long)]
    pub(crate) no_history: bool,
    /// Read credential files, and show credentials as they are
    #[arg(long)]
    pub(crate) allow_sensitive: bool,
    /// Also rank by the embeddings of a server with OpenAI's API, e.g. http://127.0.0.1:11434/v1
    #[arg(long, value_name = "URL", conflicts_with = "allow_sensitive")]
    pub(crate) embeddings: Option<String>,
    /// The model to ask that server for
    #[arg(long, value_name = "NAME", requires = "embeddings")]
    pub(crate) embeddings_model: Option<String>,
}

/// How a pack is written; the same for every command that writes one.
#[derive(Debug, Args)]
pub(crate) struct WriteArgs {
    /// Prefix each line with its number
    #[arg(long)]
    pub(crate) line_numbers: bool,
    /// Put the text of FILE under the title; {task}, {repository} and {budget} in it stand for those
    #[arg(long, value_name = "FILE")]
    pub(crate) head: Option<PathBuf>,
    /// State in the pack when it was made
    #[arg(long, overrides_with = "no_timestamp")]
    pub(crate) timestamp: bool,
    /// Write the same bytes each time (the default)
    #[arg(long, hide = true)]
    pub(crate) no_timestamp: bool,
    /// Compress the finished pack: headroom, builtin, or cmd:NAME from your configuration
    #[arg(long, value_name = "NAME", overrides_with = "no_compress", hide_possible_values = true)]
    #[arg(value_parser = Suggested(&["headroom", "builtin", "none"]))]
    pub(crate) compress: Option<String>,
    /// Don't compress, whatever your configuration says
    #[arg(long, hide = true)]
    pub(crate) no_compress: bool,
    /// Also write the pack to PATH; `-` is standard output
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
  contextos pack --diff main --report pack.html
  contextos pack --all --budget 4000 --copy
  contextos pack --tree=2

Writes .contextos/context_pack.md (.json, .xml). If standard output is a pipe or a file, the pack is
also printed, unless --out or --explain is given. Every token of the pack counts against the budget,
before compression. If REPO is a folder of a repository, only its files are packed, but with the
history, settings and .contextos/ of the repository; paths and globs start at the repository's top.")]
pub(crate) struct PackArgs {
    /// The repository, or a folder of one [default: the current folder]
    #[arg(value_name = "REPO")]
    pub(crate) repo: Option<PathBuf>,
    /// The task, instead of --task; of several words, a REPO that isn't a folder is the first
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
    /// Print a summary as JSON to standard output instead of the pack
    #[arg(long, conflicts_with = "explain")]
    pub(crate) json: bool,
    /// Copy the pack to the clipboard; over SSH, through the terminal
    #[arg(long)]
    pub(crate) copy: bool,
    /// Write a page for people to FILE: what was chosen and why, what it cost, what was left out
    #[arg(long, value_name = "FILE")]
    pub(crate) report: Option<PathBuf>,
    /// Make an overview of the whole repository, which needs no task: folders and signatures
    #[arg(long, conflicts_with_all = ["task", "diff", "also", "explain", "report", "compress", "focus"])]
    pub(crate) all: bool,
    /// Print the tokens of each folder and file to standard output, and pack nothing
    #[arg(long, value_name = "DEPTH", num_args = 0..=1, require_equals = true, default_missing_value = "99")]
    #[arg(conflicts_with_all = ["all", "task", "diff", "also", "explain", "report", "copy", "compress", "out"])]
    pub(crate) tree: Option<usize>,
    /// Let REPO be the URL of a repository, whose last commits are copied to your cache
    #[arg(long)]
    pub(crate) clone: bool,
}

/// `contextos export`
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  contextos export claude --task \"fix auth bug\"
  contextos export codex fix auth bug
  contextos export all
  contextos export aider --task \"fix auth bug\" --budget 4000 --compress headroom

Writes .contextos/CLAUDE_CONTEXT.md, and so on for each agent. A note at the beginning of the file
says how the agent loads it.")]
pub(crate) struct ExportArgs {
    #[arg(help = format!("{}, or all", exporters::names()))]
    #[arg(value_name = "AGENT", value_parser = target_parser(), hide_possible_values = true)]
    pub(crate) target: ExportTarget,
    /// The repository, or a folder of one [default: the current folder]
    #[arg(value_name = "REPO")]
    pub(crate) repo: Option<PathBuf>,
    /// The task, instead of --task; of several words, a REPO that isn't a folder is the first
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

Lists the chunks of the file or symbol: + if they are in the pack, - if they aren't. Chunks are
chosen by probability per token, so a short chunk can be preferred to a longer and more probable
one; its explanation then says so.")]
pub(crate) struct ExplainArgs {
    /// A path, a path with a line (PATH:LINE), or the name of a symbol
    #[arg(value_name = "PATH|SYMBOL")]
    pub(crate) subject: String,
    /// The task, instead of --task
    #[arg(value_name = "TASK")]
    pub(crate) words: Vec<String>,
    #[command(flatten)]
    pub(crate) pick: PickArgs,
    /// Print the explanation as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// The format of a pack.
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

/// The agents to export for.
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

/// Accepts any text as a task, even one that begins with a dash, except a flag of the command: after
/// `--task --budget`, the task was forgotten.
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
            "--task needs a text, but `{text}` is a flag. To use it as the task, pass it on standard \
             input with --task -\n"
        );
        Err(clap::Error::raw(ErrorKind::InvalidValue, message).with_cmd(command))
    }
}

/// Whether `text` is a flag of the command, perhaps with its value (`--out=x.md`, `-b8k`).
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
    // `PossibleValuesParser` passes on only the names above, and each of them is known.
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
