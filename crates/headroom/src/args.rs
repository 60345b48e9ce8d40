//! The command line.

mod audit;
mod hooks;
mod mcp;
mod run;
mod wrap;

use std::net::IpAddr;
use std::path::PathBuf;

use blob_store::Lines;
use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use llm_proxy::{TargetError, Targets, WebSockets};
use server::Host;

pub(crate) use audit::AuditArgs;
pub(crate) use hooks::{HooksAgentArgs, HooksArgs, HooksCommand, HooksHowArgs};
pub(crate) use mcp::{
    McpAgentArgs, McpArgs, McpCommand, McpHowArgs, McpInstallArgs, McpServeArgs, McpStatusArgs,
    McpTransport,
};
pub(crate) use run::RunArgs;
pub(crate) use wrap::{UnwrapArgs, WrapArgs};

use crate::client;
use crate::environment;
use crate::log::Format;
use crate::output::Color;
use crate::store::{StoreArgs, parse_size};

/// Makes text smaller without losing what a model needs, and gives back any original.
#[derive(Debug, Parser)]
#[command(name = "headroom", version, about, after_help = EXAMPLES)]
#[command(arg_required_else_help = true, infer_subcommands = false)]
pub(crate) struct Args {
    /// Whether messages are coloured
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub(crate) color: Color,

    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  headroom serve                       the server, on http://127.0.0.1:8787
  headroom serve &                     the same, in the background
  npm test 2>&1 | headroom compress    the output of a command, smaller
  headroom run -- npm test             the same; its exit code is the command's
  headroom retrieve 0f1e2d3c4b5a       what a marker says was left out
  headroom wrap claude                 Claude Code, with smaller tool results
  headroom stats                       what it has saved
  headroom doctor                      is everything as it should be?

Nothing leaves this machine.";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server
    #[command(alias = "proxy")]
    Serve(Box<ServeArgs>),
    /// Make a file, or what is piped in, smaller
    Compress(CompressArgs),
    /// Print an original by the hash in its marker
    Retrieve(RetrieveArgs),
    /// Run a command and print its output, made smaller
    Run(RunArgs),
    /// Send the shell commands of an agent through `headroom run`
    Hooks(HooksArgs),
    /// Serve agents by MCP, and add the server to their config files
    Mcp(McpArgs),
    /// Replay past sessions of coding agents, and say what they would have cost
    Audit(AuditArgs),
    /// Run a coding agent with its requests sent through Headroom
    Wrap(WrapArgs),
    /// Take Headroom out of a coding agent's settings
    Unwrap(UnwrapArgs),
    /// Print what a server has saved, and what was billed
    #[command(alias = "perf")]
    Stats(StatsArgs),
    /// Open the page that shows what a server does
    Dashboard(DashboardArgs),
    /// Check the set-up, and say what to do about what is wrong
    Doctor(DoctorArgs),
    /// Print the completions for a shell
    #[command(after_help = COMPLETIONS)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print the manual page
    Man {
        /// The command whose page is wanted; the program's own without it
        command: Option<String>,
    },
}

const COMPLETIONS: &str = "\
Examples:
  headroom completions bash > ~/.local/share/bash-completion/completions/headroom
  headroom completions zsh > \"${fpath[1]}/_headroom\"
  headroom completions fish > ~/.config/fish/completions/headroom.fish";

/// `headroom serve`
#[derive(Debug, ClapArgs)]
#[command(after_help = serve_help())]
pub(crate) struct ServeArgs {
    /// The address to listen on; 127.0.0.1 stands for ::1 too
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", env = environment::HOST)]
    pub(crate) host: Host,

    /// The port to listen on; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value = "8787", env = environment::PORT)]
    pub(crate) port: u16,

    /// Another name by which clients may call this server; may be given several times
    #[arg(long, value_name = "NAME", help_heading = "Access")]
    pub(crate) allow_host: Vec<String>,

    /// What callers from other machines have to know (Authorization: Bearer TOKEN)
    #[arg(long, value_name = "TOKEN", help_heading = "Access")]
    #[arg(env = environment::API_KEY, hide_env_values = true)]
    pub(crate) token: Option<String>,

    /// Let callers from other machines in without a token
    #[arg(long, help_heading = "Access", conflicts_with = "token")]
    pub(crate) no_auth: bool,

    #[command(flatten)]
    pub(crate) store: StoreArgs,

    #[command(flatten)]
    pub(crate) providers: ProvidersArgs,

    /// Only measure: nothing is changed, and what would be saved is counted and shown
    #[arg(long)]
    pub(crate) no_optimize: bool,

    /// Leave this share of conversations alone, from 0 to 1, and compare: which ones is decided by
    /// their first block, so it is the same after a restart and on every replica
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = parse_share)]
    pub(crate) holdout: f64,

    /// Replace credentials in tool results before they go to a provider
    #[arg(long)]
    pub(crate) redact_secrets: bool,

    /// What becomes of WebSockets on the routes that hold conversations
    #[arg(long, value_name = "WHAT", default_value = "refuse")]
    pub(crate) websockets: WebSocketsArg,

    /// The largest body of a request
    #[arg(long, value_name = "SIZE", default_value = "100MiB", value_parser = parse_size)]
    pub(crate) max_body: u64,

    /// End when standard input ends: for a program that starts the server for itself
    #[arg(long, hide = true)]
    pub(crate) until_input_ends: bool,

    /// With `--until-input-ends`: the process that started the server, which has to be gone as well
    #[cfg(unix)]
    #[arg(long, value_name = "PID", hide = true, requires = "until_input_ends")]
    pub(crate) owner: Option<u32>,

    /// Write a line for every request to the end of this file
    #[arg(long, value_name = "FILE", help_heading = "Log")]
    pub(crate) log_file: Option<PathBuf>,

    /// How the log is written
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Log")]
    pub(crate) log_format: Format,

    /// Show on the dashboard what tool results say, before and after: of the last requests, without
    /// credentials and headers, in memory only and never in the log
    #[arg(long, help_heading = "Log")]
    pub(crate) log_messages: bool,
}

/// What becomes of WebSockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WebSocketsArg {
    /// They are refused, upon which agents use HTTP, and their requests get smaller
    Refuse,
    /// They are passed through as they are
    Pass,
}

impl From<WebSocketsArg> for WebSockets {
    fn from(given: WebSocketsArg) -> Self {
        match given {
            WebSocketsArg::Refuse => WebSockets::Refuse,
            WebSocketsArg::Pass => WebSockets::Pass,
        }
    }
}

/// Where requests to the providers go.
#[derive(Debug, ClapArgs)]
pub(crate) struct ProvidersArgs {
    /// Where requests to Anthropic go instead of Anthropic itself
    #[arg(long, value_name = "URL", env = environment::ANTHROPIC_URL, help_heading = "Providers")]
    anthropic_api_url: Option<String>,

    /// Where requests to OpenAI go instead of OpenAI itself
    #[arg(long, value_name = "URL", env = environment::OPENAI_URL, help_heading = "Providers")]
    openai_api_url: Option<String>,

    /// Where requests to Gemini go instead of Google itself
    #[arg(long, value_name = "URL", env = environment::GEMINI_URL, help_heading = "Providers")]
    gemini_api_url: Option<String>,
}

impl ProvidersArgs {
    /// The providers' addresses; an empty one is as if it weren't given.
    ///
    /// # Errors
    /// When one isn't a URL.
    pub(crate) fn targets(&self) -> Result<Targets, TargetError> {
        let given = |url: &Option<String>| {
            url.as_deref().map(str::trim).filter(|url| !url.is_empty()).map(str::to_owned)
        };
        Targets::new(
            given(&self.anthropic_api_url).as_deref(),
            given(&self.openai_api_url).as_deref(),
            given(&self.gemini_api_url).as_deref(),
        )
    }
}

/// What `serve --help` ends with.
fn serve_help() -> String {
    format!("{SERVE_INTRODUCTION}\n{}\n{SERVE}", base_urls())
}

/// How each agent is sent to the server by hand.
fn base_urls() -> String {
    let mut lines = String::new();
    for agent in agent_config::agent::all() {
        let Some(wrap) = &agent.wrap else { continue };
        let instructions = wrap.instructions(client::DEFAULT_URL);
        for (at, line) in instructions.iter().flat_map(|line| wrapped(line)).enumerate() {
            let name = if at == 0 { &*agent.name } else { "" };
            lines.push_str(&format!("  {name:<13}{line}\n"));
        }
    }
    lines
}

/// `text` on lines of at most [`HELP_COLUMN`] characters, broken between words.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + word.chars().count() < HELP_COLUMN => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Characters of a line beside a name.
const HELP_COLUMN: usize = 72;

const SERVE_INTRODUCTION: &str = "\
It makes texts smaller for whoever asks, and makes the tool results smaller that agents
send to their providers through it. `headroom wrap AGENT` starts an agent so that it does.
Without that, a base URL sends it here:
";

const SERVE: &str = "\
Anthropic's SDKs read ANTHROPIC_BASE_URL, OpenAI's OPENAI_BASE_URL, which ends in /v1.

What it does is shown at http://127.0.0.1:8787/dashboard, and by headroom stats.

The server answers this machine only, unless --host says otherwise. Then a token is
needed (--token or HEADROOM_API_KEY), or --no-auth. Ctrl-C or SIGTERM stops it when all
that was begun is answered. It runs on when its terminal is closed.

Examples:
  headroom serve
  headroom serve --port 9000
  headroom serve --no-optimize         what would be saved, with nothing changed
  headroom serve --holdout 0.1         a tenth of the conversations as they come, to compare
  HEADROOM_API_KEY=... headroom serve --host 0.0.0.0 --allow-host headroom.lan
  headroom serve --store rediss://user:password@redis.lan
  curl -s http://127.0.0.1:8787/v1/compress -H 'content-type: application/json' \\
       -d '{\"text\": \"...\"}'";

/// Whether something may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Retrieval {
    /// What is left out is kept, and its marker says how to ask for it.
    Offered,
    /// Nothing is left out.
    None,
}

/// `headroom compress`
#[derive(Debug, ClapArgs)]
#[command(after_help = COMPRESS)]
pub(crate) struct CompressArgs {
    /// The file; standard input without it, or with -
    pub(crate) file: Option<PathBuf>,

    /// What the reader is doing: words that must stay findable
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) task: String,

    /// A ceiling in tokens for how much may stay; never a target
    #[arg(long, value_name = "TOKENS", value_parser = parse_budget)]
    pub(crate) budget: Option<usize>,

    /// What the text is: the command that wrote it, or a file name
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,

    /// Whether something may be left out, because it can be asked for
    #[arg(long, value_name = "WHETHER", default_value = "offered")]
    pub(crate) retrieval: Retrieval,

    /// Whose tokens are counted
    #[arg(long, value_name = "NAME", value_parser = parse_model)]
    pub(crate) model: Option<tokens::Model>,

    /// Write a JSON object that holds the text and what was done
    #[arg(long)]
    pub(crate) json: bool,

    /// Say on standard error what was done
    #[arg(long)]
    pub(crate) explain: bool,

    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

const COMPRESS: &str = "\
What can't be made smaller, or isn't text, comes out as it was.

Examples:
  headroom compress server.log
  git log --stat | headroom compress --kind 'git log --stat' --task 'who broke login?'
  headroom compress --json big.json | jq .tokens_saved";

/// `headroom doctor`
#[derive(Debug, ClapArgs)]
pub(crate) struct DoctorArgs {
    /// Ask the providers too, through the server: an empty request without a key to each
    #[arg(long)]
    pub(crate) network: bool,

    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// `headroom stats`
#[derive(Debug, ClapArgs)]
#[command(after_help = STATS)]
pub(crate) struct StatsArgs {
    /// Write a JSON object: the answers of /stats and /stats-history
    #[arg(long)]
    pub(crate) json: bool,
}

const STATS: &str = "\
The server is asked at HEADROOM_BASE_URL, or http://127.0.0.1:8787. If none answers there,
what servers have kept on this machine is printed instead.

Money is what providers billed by their own count of tokens, at the list prices of
prices.toml; a file of that name in ~/.headroom comes first. What it would have been
without compression can only be estimated.

Examples:
  headroom stats
  headroom stats --json | jq .history.lifetime.tokens_saved";

/// `headroom dashboard`
#[derive(Debug, ClapArgs)]
pub(crate) struct DashboardArgs {
    /// Only print where it is
    #[arg(long)]
    pub(crate) no_open: bool,
}

/// `headroom retrieve`
#[derive(Debug, ClapArgs)]
#[command(after_help = RETRIEVE)]
pub(crate) struct RetrieveArgs {
    /// The hash in the marker, or at least its first 12 digits
    pub(crate) hash: String,

    /// Print only what answers this: lines that hold its words, and a few around them
    #[arg(long, value_name = "TEXT")]
    pub(crate) query: Option<String>,

    /// Print only these lines: 10-40, 10, or 10- for all from there
    #[arg(long, value_name = "RANGE")]
    pub(crate) lines: Option<Lines>,

    /// Print only the value at this JSON pointer, such as /items/3/name
    #[arg(long, value_name = "POINTER")]
    pub(crate) pointer: Option<String>,

    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

const RETRIEVE: &str = "\
Originals of a server that was started with --store memory are only there:
  curl http://127.0.0.1:8787/v1/retrieve/HASH

Examples:
  headroom retrieve 0f1e2d3c4b5a69788796a5b4
  headroom retrieve 0f1e2d3c4b5a --query 'connection refused'
  headroom retrieve 0f1e2d3c4b5a --lines 200-240
  headroom retrieve 0f1e2d3c4b5a --pointer /items/3 --query name";

fn parse_budget(text: &str) -> Result<usize, String> {
    match tokens::parse_amount(text) {
        Some(0) => Err("0 is too small".to_owned()),
        Some(budget) => Ok(budget),
        None => Err("not a number of tokens, like 8000 or 8k".to_owned()),
    }
}

/// A share of conversations.
fn parse_share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("not a share: a number from 0 to 1".to_owned()),
    }
}

fn parse_model(text: &str) -> Result<tokens::Model, String> {
    tokens::model(text).ok_or_else(|| "not a model that is known here".to_owned())
}

impl ServeArgs {
    /// The URL at which a server with these arguments would be reached from this machine.
    pub(crate) fn url(&self) -> String {
        let address = match self.host {
            Host::Address(address) if !address.is_unspecified() => address,
            _ => IpAddr::from([127, 0, 0, 1]),
        };
        format!("http://{}", std::net::SocketAddr::new(address, self.port))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }
}
