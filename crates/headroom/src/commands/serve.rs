//! `headroom serve`

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use access::{AccessPolicy, RemoteAccess};
use llm_proxy::Settings;
use server::{BindError, Config, Listeners, LlmRoutes, Server};
use tokio::runtime;
use tokio::sync::oneshot;

use crate::args::ServeArgs;
use crate::background::{self, Announcement};
use crate::client::{self, Probe};
use crate::config;
use crate::failure::Failure;
use crate::log;
use crate::output::{self, note};
use crate::prices;

/// How long requests in progress may take after the server was asked to stop. By hand, not measured.
const DRAIN: Duration = Duration::from_secs(30);
/// The interval at which a server whose input has ended checks whether its parent still runs: there is no
/// portable notification. A system call every half second has no measurable cost.
#[cfg(unix)]
const PARENT_INTERVAL: Duration = Duration::from_millis(500);
/// The stack size of threads, in bytes: room for the deepest recursion of a parser.
const STACK: usize = 8 << 20;

/// Runs the server until it is asked to stop.
pub(crate) fn run(args: Box<ServeArgs>) -> Result<(), Failure> {
    if args.detach {
        return output::print(&background::start()?);
    }
    let access = access(&args)?;
    let targets = args.providers.targets().map_err(Failure::usage)?;
    let listeners = Listeners::bind(args.host, args.port).map_err(|error| refused(&args, error))?;
    // Before the store is opened, which may log warnings.
    log::start(args.log_file.as_deref(), args.log_format).map_err(|error| {
        let file = args.log_file.as_deref().unwrap_or(Path::new("-")).display();
        Failure::new(format!("can't write the log {file}: {error}"))
    })?;
    let token = args.token.as_deref().filter(|token| !token.is_empty());
    let (originals, replay_store) = args.store.of_server(token)?;
    let prices = prices::read()?;
    let own = config::Config::read()?;
    let limits = args.limits.with(&args.exclude_tools, &own);
    let owner = owner(&args);
    let config = Config {
        access: AccessPolicy::new(args.allow_host, access),
        optimize: !args.no_optimize,
        max_body: usize::try_from(args.max_body).unwrap_or(usize::MAX),
        prices,
        history: args.store.history(),
        version: env!("CARGO_PKG_VERSION"),
        ..Config::default()
    };
    let settings = Settings {
        optimize: config.optimize,
        lossless: limits.is_lossless,
        limits: limits.limits,
        holdout: args.holdout,
        redact_secrets: args.redact_secrets || own.redact_secrets == Some(true),
        log_messages: args.log_messages,
        max_body: config.max_body,
        websockets: args.websockets.into(),
        ..Settings::new(targets)
    };
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads(process_limits::startable(processors).max(1))
        .enable_all()
        .thread_stack_size(STACK)
        .build()
        .map_err(Failure::new)?;
    let served = runtime.block_on(async {
        let stop = stop_signal(args.until_input_ends, owner).map_err(Failure::new)?;
        let announcement = announce_in_background(&args.announce_in, &listeners)?;
        announce(&listeners);
        let server = Server::new(config, originals, LlmRoutes { settings, replay_store });
        let served = server.run(listeners, stop, DRAIN).await.map_err(Failure::new);
        drop(announcement);
        served
    });
    // Doesn't wait for work in progress: its clients had the time of `DRAIN`.
    runtime.shutdown_background();
    served
}

/// Which other machines may use the server. Checked before it listens.
fn access(args: &ServeArgs) -> Result<RemoteAccess, Failure> {
    let access = RemoteAccess::new(args.host.ip(), args.token.clone(), args.no_auth);
    let access = access.map_err(|_| {
        Failure::usage(
            "a --host that other machines can reach requires --token TOKEN (or HEADROOM_API_KEY), \
             or --no-auth to accept requests from everybody",
        )
    })?;
    if access == RemoteAccess::Open {
        note("note: --no-auth: everybody who can reach this address can use this server");
    }
    Ok(access)
}

/// Writes down where the server is, if it runs in the background.
fn announce_in_background(
    folder: &Option<PathBuf>,
    listeners: &Listeners,
) -> Result<Option<Announcement>, Failure> {
    let Some(folder) = folder else { return Ok(None) };
    let text = listeners.to_string();
    // Of several addresses the first.
    let url = text.split_whitespace().next().unwrap_or_default();
    let port = url.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or_default();
    let announcement = background::announce(folder, url, port);
    announcement
        .map(Some)
        .map_err(|error| Failure::new(format!("{} can't be written: {error}", folder.display())))
}

/// Prints the server's URL as the first line on standard output, for which other programs wait.
fn announce(listeners: &Listeners) {
    // Standard output may be closed, which doesn't stop the server.
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "Headroom listens on {listeners}").and_then(|()| out.flush());
    if let Some(why) = listeners.note() {
        note(format!("note: {why}"));
    }
}

/// The error of a server that can't listen, with what to do about it.
fn refused(args: &ServeArgs, error: BindError) -> Failure {
    let BindError::Taken(address) = error else { return Failure::new(error) };
    let port = args.port;
    let other = port.checked_add(1).unwrap_or(8787);
    match client::probe(&args.url()) {
        Probe::Headroom(headroom) => {
            let since = headroom.uptime.map_or_else(String::new, |uptime| {
                let uptime = Duration::from_secs(uptime.as_secs());
                format!(", for {}", humantime::format_duration(uptime))
            });
            let stop = headroom
                .pid
                .map_or_else(|| "stop it".to_owned(), |pid| format!("stop it (kill {pid})"));
            Failure::new(format!(
                "port {port} is in use: Headroom {} is already running there{since}.\n\
                 Use that server, {stop}, or choose another port: headroom serve --port {other}",
                headroom.version
            ))
        }
        Probe::Another | Probe::Nobody => Failure::new(format!(
            "port {port} is in use by another program ({address}).\n\
             Choose another port: headroom serve --port {other}\n\
             and tell clients with HEADROOM_BASE_URL=http://127.0.0.1:{other}"
        )),
    }
}

/// The process that started the server, if it must have ended before the server stops by itself.
#[cfg(unix)]
fn owner(args: &ServeArgs) -> Option<u32> {
    args.owner
}

#[cfg(not(unix))]
fn owner(_: &ServeArgs) -> Option<u32> {
    None
}

/// Completes when the process is asked to stop; with `until_input_ends`, also when standard input and
/// `owner` have ended.
fn stop_signal(until_input_ends: bool, owner: Option<u32>) -> io::Result<impl Future<Output = ()>> {
    let stopped = termination()?;
    let (ended, input_ended) = oneshot::channel();
    if until_input_ends {
        std::thread::spawn(move || {
            // An input that can't be read counts as ended. If sending fails, the server has stopped.
            let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
            let _ = ended.send(());
        });
    }
    let abandoned = async move {
        let _ = input_ended.await;
        if let Some(owner) = owner {
            gone(owner).await;
        }
    };
    Ok(async move {
        tokio::select! {
            () = stopped => {}
            () = abandoned, if until_input_ends => {}
        }
    })
}

/// Completes when `parent`, the process that started this one, has ended. The system then gives this
/// process another parent. Unlike checking the process id, this can't mistake a later process for it.
#[cfg(unix)]
async fn gone(parent: u32) {
    let is_there = || {
        let now = rustix::process::getppid().map(|pid| pid.as_raw_nonzero().get());
        now.is_some_and(|now| u32::try_from(now) == Ok(parent))
    };
    let mut next_look = tokio::time::interval(PARENT_INTERVAL);
    while is_there() {
        next_look.tick().await;
    }
}

#[cfg(not(unix))]
async fn gone(_: u32) {}

/// Completes when the process is asked to stop. A second request ends the process at once.
#[cfg(unix)]
fn termination() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    // Received and ignored: when its terminal is closed, the server keeps running.
    let hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tokio::spawn(async move {
            let _hangup = hangup;
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            std::process::exit(INTERRUPTED);
        });
    })
}

/// Completes when the process is asked to stop.
#[cfg(not(unix))]
fn termination() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without a way to be stopped, the server runs until it is ended.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

/// The exit code after a second request to stop: what shells report for Ctrl-C.
#[cfg(unix)]
const INTERRUPTED: i32 = 130;
