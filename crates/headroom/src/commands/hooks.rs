//! `headroom hooks`: installs hooks in an agent's settings, and runs as one of them.

use std::env;
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
use serde_json::Value;

use super::mcp::own_executable;
use crate::args::{
    HooksAgentArgs, HooksArgs, HooksCommand, HooksHowArgs, HooksInstallArgs, HooksResultArgs,
};
use crate::failure::Failure;
use crate::hook;
use crate::hook::result::{Client, Counters, Replacer};
use crate::{output, store};

const NAME: &str = "headroom";
/// The largest tool call that is read, in bytes.
const LARGEST_CALL: u64 = 16 << 20;
/// How long a result may take; then it stays as it is. By hand: nearly all take a few milliseconds.
const TIME_FOR_RESULT: Duration = Duration::from_secs(2);

pub(crate) fn run(args: &HooksArgs) -> Result<(), Failure> {
    match &args.command {
        HooksCommand::Install(args) => install(args),
        HooksCommand::Uninstall(how) => uninstall(how),
        HooksCommand::Status(agent) => {
            let hooks = [Event::Result, Event::Command].map(|event| of(agent, event));
            let mut reports: Vec<Report> =
                hooks.into_iter().flatten().map(|hook| hook.status()).collect();
            // Both hooks of an agent that isn't there say the same.
            reports.dedup_by(|one, other| one.line == other.line);
            super::mcp::report_status(&reports)
        }
        HooksCommand::PreToolUse => pre_tool_use(),
        HooksCommand::PostToolUse(args) => {
            post_tool_use(args);
            Ok(())
        }
    }
}

fn install(args: &HooksInstallArgs) -> Result<(), Failure> {
    let own = own_executable()?;
    starts::check(&own, NAME).map_err(Failure::new)?;
    let event = if args.rewrite_commands { Event::Command } else { Event::Result };
    let hook = of(&args.how.agent, event)?;
    print(&[hook.install(options(&args.how))])
}

/// Removes the hooks that are installed, or reports that none is.
fn uninstall(how: &HooksHowArgs) -> Result<(), Failure> {
    let hooks = [Event::Result, Event::Command].map(|event| of(&how.agent, event));
    let mut hooks: Vec<Hook> = hooks.into_iter().flatten().collect();
    if hooks.iter().any(Hook::is_installed) {
        hooks.retain(Hook::is_installed);
    }
    print(&hooks.iter().map(|hook| hook.uninstall(options(how))).collect::<Vec<_>>())
}

/// Reads a tool call from standard input and writes the rewritten one to standard output. Writes nothing
/// if the call needn't be changed or can't be parsed, because a hook must never block the agent.
fn pre_tool_use() -> Result<(), Failure> {
    let Some(call) = read_call() else { return Ok(()) };
    let Some(machine) = Machine::current() else { return Ok(()) };
    let agent = hook::Invocation::of_running_agent();
    let Some(rules) = agent.and_then(|agent| hook::Rules::in_force(&machine, &agent, &call)) else {
        return Ok(());
    };
    let shell = env::var("SHELL").unwrap_or_default();
    match hook::respond(&call, &rules, &program()?, &shell) {
        Some(response) => output::print(&format!("{response}\n")),
        None => Ok(()),
    }
}

/// Reads a tool's result from standard input and writes the compressed one to standard output. Whatever
/// fails or takes too long leaves the result as it was, without a message and with exit code 0.
fn post_tool_use(args: &HooksResultArgs) {
    panic::set_hook(Box::new(|_| {}));
    let is_answered = Arc::new(AtomicBool::new(false));
    let late = is_answered.clone();
    let watching = thread::Builder::new().spawn(move || {
        thread::sleep(TIME_FOR_RESULT);
        if !late.swap(true, Ordering::SeqCst) {
            process::exit(0);
        }
    });
    if watching.is_err() {
        return;
    }
    let work = AssertUnwindSafe(|| {
        let call = read_call()?;
        let set = args.limits.resolve(&args.exclude_tools).ok()?;
        let originals = if set.is_lossless { None } else { args.store.shared().ok() };
        Replacer::new(originals, set.limits)?.replace(&call, Client::of(&args.agent))
    });
    let Ok(Some(replaced)) = catch_unwind(work) else { return };
    if is_answered.swap(true, Ordering::SeqCst) {
        return;
    }
    let answered = replaced.answer.map(|answer| output::print(&format!("{answer}\n")));
    if answered.is_none_or(|answered| answered.is_ok())
        && let Ok(path) = store::hook_counters()
    {
        // What isn't counted is saved all the same.
        let _ = Counters::add(&path, &format!("{}-hooks", args.agent), &replaced.saved);
    }
}

fn read_call() -> Option<Value> {
    let mut call = String::new();
    io::stdin().take(LARGEST_CALL).read_to_string(&mut call).ok()?;
    serde_json::from_str(&call).ok()
}

fn of(args: &HooksAgentArgs, event: Event) -> Result<Hook, Failure> {
    if args.project {
        let root = env::current_dir().map_err(Failure::new)?;
        return Hook::of(&args.agent, event, Scope::Project(&root), NAME).map_err(Failure::usage);
    }
    let machine = Machine::current().ok_or_else(|| Failure::new("there is no home directory"))?;
    let program = own_executable()?.to_string_lossy().into_owned();
    Hook::of(&args.agent, event, Scope::User(&machine), &program).map_err(Failure::usage)
}

/// The path of this program, quoted for a shell.
fn program() -> Result<String, Failure> {
    Ok(hook::quoted(&own_executable()?.to_string_lossy()))
}

fn options(how: &HooksHowArgs) -> Options {
    Options { force: false, dry_run: how.dry_run }
}

fn print(reports: &[Report]) -> Result<(), Failure> {
    super::mcp::report(reports)
}
