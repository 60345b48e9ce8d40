//! A session that runs: its servers, the threads that read from them, and the client.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::message::{self, Id};
use crate::outbox::Outbox;
use crate::process::{Process, note};
use crate::session::{About, Output, Session};
use crate::{Headroom, RelayError, Setup, results};

/// How long the status of a server that has closed its output is waited for.
const STATUS_PATIENCE: Duration = Duration::from_secs(1);
/// How long the last lines of servers that have ended may take.
const LAST_LINES: Duration = Duration::from_secs(1);
/// The most retrievals at once; more are done by whoever brings them, who waits. By hand.
const MOST_RETRIEVALS: usize = 8;

/// Where lines for the client go.
pub(crate) trait Client: Send + Sync {
    /// Sends a line; waits where the client is slow.
    fn deliver(&self, line: Vec<u8>, about: &About);

    /// All servers have ended by themselves.
    fn servers_ended(&self, how: &str);
}

/// A session and its servers.
pub(crate) struct Relay {
    session: Mutex<Session>,
    /// Signalled when somebody may have been the last to wait for a response.
    settled: Condvar,
    outboxes: Vec<Arc<Outbox>>,
    processes: Mutex<Vec<Process>>,
    running: AtomicUsize,
    /// Lines that are being handled, and retrievals.
    busy: AtomicUsize,
    retrievals: AtomicUsize,
    is_ending: AtomicBool,
    client: Arc<dyn Client>,
    headroom: Arc<dyn Headroom>,
}

impl Relay {
    /// Starts the servers.
    ///
    /// # Errors
    /// If one of them can't be started; none is left running then.
    pub(crate) fn start(
        setup: &Setup,
        client: Arc<dyn Client>,
        headroom: Arc<dyn Headroom>,
    ) -> Result<Arc<Self>, RelayError> {
        let relay = Arc::new(Self {
            session: Mutex::new(Session::new(setup.server_names(), setup.options.clone())),
            settled: Condvar::new(),
            outboxes: setup.commands.iter().map(|_| Arc::default()).collect(),
            processes: Mutex::default(),
            running: AtomicUsize::new(setup.commands.len()),
            busy: AtomicUsize::new(0),
            retrievals: AtomicUsize::new(0),
            is_ending: AtomicBool::new(false),
            client,
            headroom,
        });
        for (server, command) in setup.commands.iter().enumerate() {
            let (reading, ending) = (Arc::clone(&relay), Arc::clone(&relay));
            // The list is locked, so that a server that ends at once finds itself in it.
            let mut processes = relay.processes();
            let started = Process::start(
                command,
                Arc::clone(&relay.outboxes[server]),
                move |line| reading.from_server(server, line),
                move || ending.server_ended(server),
            );
            match started {
                Ok(process) => processes.push(process),
                Err(error) => {
                    drop(processes);
                    relay.running.fetch_sub(setup.commands.len() - server, Ordering::SeqCst);
                    relay.end(Duration::ZERO);
                    let command = command.first().cloned().unwrap_or_default();
                    return Err(RelayError::Start { command, error });
                }
            }
        }
        Ok(relay)
    }

    /// Handles a line of the client; waits where a server is slow.
    pub(crate) fn from_client(self: &Arc<Self>, line: &[u8]) {
        self.handle(|session| session.from_client(line));
    }

    fn from_server(self: &Arc<Self>, server: usize, line: &[u8]) {
        self.handle(|session| session.from_server(server, line));
    }

    fn server_ended(self: &Arc<Self>, server: usize) {
        let is_ours = self.is_ending.load(Ordering::SeqCst);
        let status = match is_ours {
            true => None,
            false => self.processes().get(server).and_then(|process| process.wait(STATUS_PATIENCE)),
        };
        let how = match status {
            Some(status) => format!("has ended ({status})"),
            None => "has closed its output".to_owned(),
        };
        self.handle(|session| match is_ours {
            true => Vec::new(),
            false => session.server_ended(server, &how),
        });
        self.outboxes[server].close();
        let is_last = self.running.fetch_sub(1, Ordering::SeqCst) == 1;
        self.notify();
        if is_last && !is_ours {
            self.client.servers_ended(&how);
        }
    }

    fn handle(self: &Arc<Self>, step: impl FnOnce(&mut Session) -> Vec<Output>) {
        self.busy.fetch_add(1, Ordering::SeqCst);
        let outputs = step(&mut self.session());
        for output in outputs {
            self.carry_out(output);
        }
        self.done();
    }

    fn done(&self) {
        self.busy.fetch_sub(1, Ordering::SeqCst);
        self.notify();
    }

    /// Wakes those who wait. With the lock, so that nobody who is about to wait misses it.
    fn notify(&self) {
        let _session = self.session();
        self.settled.notify_all();
    }

    fn carry_out(self: &Arc<Self>, output: Output) {
        match output {
            Output::ToServer { server, line, is_own } => self.outboxes[server].push(line, !is_own),
            Output::ToClient { line, about, compress } => {
                let smaller = compress.and_then(|kind| {
                    results::compressed(&line, kind.0.as_deref(), &*self.headroom)
                });
                self.client.deliver(smaller.unwrap_or(line), &about);
            }
            Output::Retrieve { id, arguments } => self.retrieve(id, arguments),
            Output::Note(said) => note(&said),
        }
    }

    /// Answers a retrieval, on a thread of its own, so that the store keeps nobody waiting.
    fn retrieve(self: &Arc<Self>, id: Id, arguments: String) {
        let relay = Arc::clone(self);
        self.busy.fetch_add(1, Ordering::SeqCst);
        let running = self.retrievals.fetch_add(1, Ordering::SeqCst);
        let work = move || {
            let result = relay.headroom.retrieve(&arguments);
            let about = About { responses: vec![id.clone()], progress: None };
            relay.client.deliver(message::response(&id, &result), &about);
            relay.retrievals.fetch_sub(1, Ordering::SeqCst);
            relay.done();
        };
        if running >= MOST_RETRIEVALS {
            work();
        } else {
            thread::spawn(work);
        }
    }

    /// Waits until nobody waits for a response, for at most `patience`.
    pub(crate) fn settle(&self, patience: Duration) {
        let is_waiting =
            |session: &mut Session| !session.is_idle() || self.busy.load(Ordering::SeqCst) > 0;
        // Whether it has settled or not, what follows is the same.
        let _ = self.settled.wait_timeout_while(self.session(), patience, is_waiting);
    }

    /// Ends all servers: at once those that don't end within `grace` after their input is closed.
    pub(crate) fn end(&self, grace: Duration) {
        self.is_ending.store(true, Ordering::SeqCst);
        self.outboxes.iter().for_each(|outbox| outbox.close());
        let processes = std::mem::take(&mut *self.processes());
        thread::scope(|scope| {
            for process in &processes {
                scope.spawn(move || process.end(grace));
            }
        });
        // What they have written last is delivered. Whoever has inherited a pipe may keep it open.
        let are_open = |_: &mut Session| self.running.load(Ordering::SeqCst) > 0;
        let _ = self.settled.wait_timeout_while(self.session(), LAST_LINES, are_open);
    }

    /// A session is right after a panic elsewhere, too: what handles a line keeps no half a change.
    fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn processes(&self) -> MutexGuard<'_, Vec<Process>> {
        self.processes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
