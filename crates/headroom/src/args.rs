//! The command line.

mod audit;
mod config;
mod hooks;
mod limits;
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
pub(crate) use config::{ConfigArgs, ConfigCommand};
pub(crate) use hooks::{
    HooksAgentArgs, HooksArgs, HooksCommand, HooksHowArgs, HooksInstallArgs, HooksResultArgs,
};
pub(crate) use limits::{LimitArgs, SetLimits};
pub(crate) use mcp::{
    McpAgentArgs, McpArgs, McpCommand, McpHowArgs, McpHttpArgs, McpInstallArgs, McpServeArgs,
    McpStatusArgs, McpTransport, McpWrapArgs,
};
pub(crate) use run::RunArgs;
pub(crate) use wrap::{UnwrapArgs, WrapArgs};

use crate::client;
use crate::environment;
use crate::log::Format;
use crate::output::Color;
use crate::store::{StoreArgs, parse_size};

/// Compresses text without losing what a model needs, and returns any original.
#[derive(Debug, Parser)]
#[command(name = "headroom", version, about, after_help = EXAMPLES)]
#[command(arg_required_else_help = true, infer_subcommands = false)]
pub(crate) struct Args {
    /// When to use colours
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub(crate) color: Color,

    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  headroom serve                       run the server on http://127.0.0.1:8787
  headroom serve -d                    the same, in the background; headroom stop stops it
  npm test 2>&1 | headroom compress    compress the output of a command
  headroom run -- npm test             the same, with the exit code of the command
  headroom retrieve 0f1e2d3c4b5a       print what a marker says was omitted
  headroom wrap claude                 run Claude Code with compressed tool results
  headroom stats                       show what was saved
  headroom doctor                      check the set-up

Texts are compressed on this machine. Only the requests of agents leave it, to the
provider that they are addressed to.";

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server: compression API, LLM proxy and dashboard
    #[command(alias = "proxy")]
    Serve(Box<ServeArgs>),
    /// Stop a server that `headroom serve -d` has started
    Stop(StopArgs),
    /// List the servers that run in the background
    Status(StatusArgs),
    /// Compress a file or standard input
    Compress(CompressArgs),
    /// Print an original, given the hash in a marker
    Retrieve(RetrieveArgs),
    /// Run a command and print its output compressed
    Run(RunArgs),
    /// Compress the results of an agent's tools with a hook
    Hooks(HooksArgs),
    /// Run an MCP server, or add it to the config files of agents
    Mcp(McpArgs),
    /// Replay past sessions of coding agents, and report what they would have cost
    Audit(AuditArgs),
    /// Run a coding agent with its requests sent through Headroom
    Wrap(WrapArgs),
    /// Remove Headroom from a coding agent's settings
    Unwrap(UnwrapArgs),
    /// Print what a server has saved, and what providers billed
    #[command(alias = "perf")]
    Stats(StatsArgs),
    /// Open the server's dashboard in a browser
    Dashboard(DashboardArgs),
    /// Show the settings, and where each comes from
    Config(ConfigArgs),
    /// Check the set-up, and say how to fix what is wrong
    Doctor(DoctorArgs),
    /// Print a completion script for a shell
    #[command(after_help = COMPLETIONS)]
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Print a manual page
    Man(ManArgs),
}

/// `headroom man`
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  headroom man | man -l -
  headroom man mcp install | man -l -
  headroom man --all ~/.local/share/man/man1")]
pub(crate) struct ManArgs {
    /// The command, and one of its own commands [default: the page of headroom itself]
    pub(crate) command: Vec<String>,
    /// Write the pages of all commands into a folder
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    pub(crate) all: Option<PathBuf>,
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
    /// The address to listen on; 127.0.0.1 includes ::1
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", env = environment::HOST)]
    pub(crate) host: Host,

    /// The port to listen on; 0 chooses a free one
    #[arg(long, value_name = "PORT", default_value = "8787", env = environment::PORT)]
    pub(crate) port: u16,

    /// Run in the background, and return as soon as the server accepts requests
    #[arg(short, long)]
    pub(crate) detach: bool,

    /// Another host name by which clients may address this server; may be given more than once
    #[arg(long, value_name = "NAME", help_heading = "Access")]
    pub(crate) allow_host: Vec<String>,

    /// The token that clients on other machines must send (Authorization: Bearer TOKEN)
    #[arg(long, value_name = "TOKEN", help_heading = "Access")]
    #[arg(env = environment::API_KEY, hide_env_values = true)]
    pub(crate) token: Option<String>,

    /// Accept requests from other machines without a token
    #[arg(long, help_heading = "Access", conflicts_with = "token")]
    pub(crate) no_auth: bool,

    #[command(flatten)]
    pub(crate) store: StoreArgs,

    #[command(flatten)]
    pub(crate) providers: ProvidersArgs,

    /// Only measure: forward requests unchanged, and count what compression would have saved
    #[arg(long)]
    pub(crate) no_optimize: bool,

    /// Leave this share of conversations (0 to 1) uncompressed, for comparison. The first block of a
    /// conversation decides, so the choice is the same after a restart and on every replica
    #[arg(long, value_name = "SHARE", default_value = "0", value_parser = parse_share)]
    pub(crate) holdout: f64,

    #[command(flatten)]
    pub(crate) limits: LimitArgs,

    /// Leave the results of these tools as they are, with * for anything
    #[arg(long, value_name = "NAME,...", value_delimiter = ',', help_heading = "Limits")]
    #[arg(env = environment::EXCLUDE_TOOLS)]
    pub(crate) exclude_tools: Vec<String>,

    /// Replace credentials in tool results before they are sent to a provider
    #[arg(long)]
    pub(crate) redact_secrets: bool,

    /// How to treat WebSocket connections on the routes for conversations
    #[arg(long, value_name = "WHAT", default_value = "serve")]
    pub(crate) websockets: WebSocketsArg,

    /// The maximum size of a request body
    #[arg(long, value_name = "SIZE", default_value = "100MiB", value_parser = parse_size)]
    pub(crate) max_body: u64,

    /// Stop when standard input ends: for a program that starts the server for itself
    #[arg(long, hide = true)]
    pub(crate) until_input_ends: bool,

    /// With `--until-input-ends`: the process that started the server, which must have ended as well
    #[cfg(unix)]
    #[arg(long, value_name = "PID", hide = true, requires = "until_input_ends")]
    pub(crate) owner: Option<u32>,

    /// The folder in which the server records that it runs, for `headroom stop`
    #[arg(long, value_name = "FOLDER", hide = true)]
    pub(crate) announce_in: Option<PathBuf>,

    /// Append a line for every request to this file
    #[arg(long, value_name = "FILE", help_heading = "Log")]
    pub(crate) log_file: Option<PathBuf>,

    /// The format of the log
    #[arg(long, value_name = "FORMAT", default_value = "text", help_heading = "Log")]
    pub(crate) log_format: Format,

    /// Show the tool results of the latest requests on the dashboard, before and after compression:
    /// without credentials and headers, kept in memory only, never logged
    #[arg(long, help_heading = "Log")]
    pub(crate) log_messages: bool,
}

/// `headroom stop`
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Stops a server of `headroom serve -d` after the requests in progress, and waits for that.")]
pub(crate) struct StopArgs {
    /// The port that the server listens on
    #[arg(long, value_name = "PORT", default_value = "8787", env = environment::PORT)]
    pub(crate) port: u16,
}

/// How WebSocket connections are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum WebSocketsArg {
    /// Serve them: conversations on them are compressed
    Serve,
    /// Refuse them: agents then use HTTP, and their requests are compressed
    Refuse,
    /// Pass them through uncompressed
    Pass,
}

impl From<WebSocketsArg> for WebSockets {
    fn from(given: WebSocketsArg) -> Self {
        match given {
            WebSocketsArg::Serve => WebSockets::Serve,
            WebSocketsArg::Refuse => WebSockets::Refuse,
            WebSocketsArg::Pass => WebSockets::Pass,
        }
    }
}

/// Where requests to the providers go.
#[derive(Debug, ClapArgs)]
pub(crate) struct ProvidersArgs {
    /// The base URL to which requests to Anthropic are forwarded, instead of Anthropic's own
    #[arg(long, value_name = "URL", env = environment::ANTHROPIC_URL, help_heading = "Providers")]
    anthropic_api_url: Option<String>,

    /// The base URL to which requests to OpenAI are forwarded, instead of OpenAI's own
    #[arg(long, value_name = "URL", env = environment::OPENAI_URL, help_heading = "Providers")]
    openai_api_url: Option<String>,

    /// The base URL to which requests to Gemini are forwarded, instead of Google's own
    #[arg(long, value_name = "URL", env = environment::GEMINI_URL, help_heading = "Providers")]
    gemini_api_url: Option<String>,
}

impl ProvidersArgs {
    /// The providers' base URLs; an empty one counts as not given.
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

/// The instructions for setting up each agent by hand.
fn base_urls() -> String {
    let mut lines = String::new();
    let names = agent_config::agent::all().iter().filter(|agent| agent.wrap.is_some());
    let width = names.map(|agent| agent.name.len()).max().unwrap_or_default() + 2;
    for agent in agent_config::agent::all() {
        let Some(wrap) = &agent.wrap else { continue };
        let instructions = wrap.instructions(client::DEFAULT_URL);
        for (at, line) in instructions.iter().flat_map(|line| wrapped(line)).enumerate() {
            let name = if at == 0 { &*agent.name } else { "" };
            lines.push_str(&format!("  {name:<width$}{line}\n"));
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

/// Characters of a line of instructions, beside the agent's name: 18 and 70 fit into 88 columns.
const HELP_COLUMN: usize = 70;

const SERVE_INTRODUCTION: &str = "\
The server compresses texts on request, and the tool results in the requests that agents
send through it to their providers. `headroom wrap AGENT` starts an agent whose requests
go through the server. To set an agent up by hand, give it the server's base URL:
";

const SERVE: &str = "\
Anthropic's SDKs read ANTHROPIC_BASE_URL, OpenAI's OPENAI_BASE_URL, which ends in /v1.

What the server does is shown at http://127.0.0.1:8787/dashboard, and by headroom stats.

The server accepts connections from this machine only, unless --host says otherwise; then
a token is required (--token or HEADROOM_API_KEY), or --no-auth. Ctrl-C or SIGTERM stops
it after the requests in progress. It keeps running when its terminal is closed. With -d
it runs in the background until headroom stop; headroom status lists what runs.

Examples:
  headroom serve
  headroom serve -d
  headroom serve --port 9000
  headroom serve --no-optimize         measure what would be saved, and change nothing
  headroom serve --holdout 0.1         leave a tenth of the conversations uncompressed
  HEADROOM_API_KEY=... headroom serve --host 0.0.0.0 --allow-host headroom.lan
  headroom serve --store rediss://user:password@redis.lan
  curl -s http://127.0.0.1:8787/v1/compress -H 'content-type: application/json' \\
       -d '{\"text\": \"...\"}'";

/// Whether lines may be omitted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Retrieval {
    /// Yes: the original is stored, and a marker in place of the lines says how to retrieve them
    Offered,
    /// No: compression is lossless
    None,
}

/// `headroom compress`
#[derive(Debug, ClapArgs)]
#[command(after_help = COMPRESS)]
pub(crate) struct CompressArgs {
    /// The file; standard input if it is missing or -
    pub(crate) file: Option<PathBuf>,

    /// What the reader is working on; lines that match it are kept
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) task: String,

    /// The maximum number of tokens of the result, as far as omissions can reach it; not a target
    #[arg(long, value_name = "TOKENS", value_parser = parse_budget)]
    pub(crate) budget: Option<usize>,

    /// The command that wrote the text, or its file name [default: detected from the text]
    #[arg(long, value_name = "KIND")]
    pub(crate) kind: Option<String>,

    /// Whether lines may be omitted, to be retrieved later
    #[arg(long, value_name = "WHETHER", default_value = "offered")]
    pub(crate) retrieval: Retrieval,

    /// The model whose tokens are counted
    #[arg(long, value_name = "NAME", value_parser = parse_model)]
    pub(crate) model: Option<tokens::Model>,

    /// Print a JSON object with the compressed text and what was done
    #[arg(long)]
    pub(crate) json: bool,

    /// Print what was done to standard error
    #[arg(long)]
    pub(crate) explain: bool,

    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

const COMPRESS: &str = "\
Text that can't be compressed, and input that isn't text, is printed unchanged.

Examples:
  headroom compress server.log
  git log --stat | headroom compress --kind 'git log --stat' --task 'who broke login?'
  headroom compress --json big.json | jq .tokens_saved";

/// `headroom doctor`
#[derive(Debug, ClapArgs)]
pub(crate) struct DoctorArgs {
    /// Also check the providers: send each an empty request without a key, through the server
    #[arg(long)]
    pub(crate) network: bool,

    /// Print a JSON object
    #[arg(long)]
    pub(crate) json: bool,

    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// `headroom status`
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  headroom status
  headroom status --json | jq -r '.servers[].url'")]
pub(crate) struct StatusArgs {
    /// Print a JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// `headroom stats`
#[derive(Debug, ClapArgs)]
#[command(after_help = STATS)]
pub(crate) struct StatsArgs {
    /// Print a JSON object: the responses of /stats and /stats-history
    #[arg(long)]
    pub(crate) json: bool,
}

const STATS: &str = "\
The server is expected at HEADROOM_BASE_URL, or http://127.0.0.1:8787. If none responds,
the history that servers have recorded on this machine is printed instead.

Costs are computed from the tokens that providers reported, at list prices;
~/.headroom/prices.toml overrides them. The cost without compression is an estimate.

Examples:
  headroom stats
  headroom stats --json | jq .history.lifetime.tokens_saved";

/// `headroom dashboard`
#[derive(Debug, ClapArgs)]
pub(crate) struct DashboardArgs {
    /// Only print its URL
    #[arg(long)]
    pub(crate) no_open: bool,
}

/// `headroom retrieve`
#[derive(Debug, ClapArgs)]
#[command(after_help = RETRIEVE)]
pub(crate) struct RetrieveArgs {
    /// The hash in the marker, or at least its first 12 digits
    pub(crate) hash: String,

    /// Print only lines that contain words of TEXT, and a few lines around them
    #[arg(long, value_name = "TEXT")]
    pub(crate) query: Option<String>,

    /// Print only these lines: 10-40, 10, or 10- (to the end)
    #[arg(long, value_name = "RANGE")]
    pub(crate) lines: Option<Lines>,

    /// Print only the value at this JSON pointer, such as /items/3/name
    #[arg(long, value_name = "POINTER")]
    pub(crate) pointer: Option<String>,

    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

const RETRIEVE: &str = "\
Originals of a server that was started with --store memory can only be had from it:
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
    tokens::model(text).ok_or_else(|| "this model is unknown".to_owned())
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
