//! `contextos hooks`: a hook in an agent's settings, and what it answers.

use std::io::{self, Read as _};
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use agent_config::command::{Options, Report};
use agent_config::hook::{Event, Hook, Scope};
use agent_config::machine::Machine;
use agent_config::starts;
use serde_json::{Value, json};

use super::mcp::own_executable;
use crate::args::{Global, HooksAgentArgs, HooksArgs, HooksChangeArgs, HooksCommand};
use crate::failure::Failure;
use crate::prompt_pack;
use crate::terminal::Terminal;

const NAME: &str = "contextos";
/// The largest call that is read, in bytes: a prompt may hold pasted files.
const MAX_CALL: u64 = 4 << 20;
/// How long a pack may take; then nothing is added. By hand: the first one in a large repository, of
/// which nothing is in the cache, takes longest.
const TIME_LIMIT: Duration = Duration::from_secs(3);

pub(super) fn run(global: &Global, args: &HooksArgs, terminal: &Terminal) -> Result<(), Failure> {
    match &args.command {
        HooksCommand::Install(args) => {
            starts::check(&own_executable()?, NAME).map_err(Failure::new)?;
            print(hook(&args.agent)?.install(options(args)), terminal)
        }
        HooksCommand::Uninstall(args) => {
            print(hook(&args.agent)?.uninstall(options(args)), terminal)
        }
        HooksCommand::Status(agent) => print(hook(agent)?.status(), terminal),
        HooksCommand::UserPromptSubmit => answer(global, terminal),
    }
}

/// Adds a pack to the prompt on standard input, if there is one to add. Whatever fails or takes too long
/// adds nothing, without a word and with exit code 0: a hook must never be in the way.
fn answer(global: &Global, terminal: &Terminal) -> Result<(), Failure> {
    panic::set_hook(Box::new(|_| {}));
    let is_answered = Arc::new(AtomicBool::new(false));
    let late = is_answered.clone();
    let watching = thread::Builder::new().spawn(move || {
        thread::sleep(TIME_LIMIT);
        if !late.swap(true, Ordering::SeqCst) {
            process::exit(0);
        }
    });
    if watching.is_err() {
        return Ok(());
    }
    let work = AssertUnwindSafe(|| {
        let mut call = String::new();
        io::stdin().take(MAX_CALL).read_to_string(&mut call).ok()?;
        let call: Value = serde_json::from_str(&call).ok()?;
        prompt_pack::for_prompt(&call, global.config.as_deref())
    });
    let Ok(Some(pack)) = catch_unwind(work) else { return Ok(()) };
    if is_answered.swap(true, Ordering::SeqCst) {
        return Ok(());
    }
    let answer = json!({ "hookSpecificOutput": {
        "hookEventName": "UserPromptSubmit",
        "additionalContext": pack,
    }});
    terminal.print(&format!("{answer}\n"))
}

fn hook(args: &HooksAgentArgs) -> Result<Hook, Failure> {
    if args.project {
        let root = std::env::current_dir().map_err(Failure::new)?;
        return Hook::of(&args.agent, Event::Prompt, Scope::Project(&root), NAME)
            .map_err(Failure::usage);
    }
    let machine = Machine::current().ok_or_else(|| Failure::new("there is no home directory"))?;
    let program = own_executable()?.to_string_lossy().into_owned();
    Hook::of(&args.agent, Event::Prompt, Scope::User(&machine), &program).map_err(Failure::usage)
}

fn options(args: &HooksChangeArgs) -> Options {
    Options { force: false, dry_run: args.dry_run }
}

fn print(report: Report, terminal: &Terminal) -> Result<(), Failure> {
    super::mcp::print(&[report], terminal)
}
