//! One client and its servers, without I/O: what comes from one side goes in, and what is to be sent comes out.
//!
//! With one server, what isn't about tools passes as it is; only the list and the calls of tools are looked at.
//! With several, the client sees one server: requests go to the server that they are for, lists are gathered
//! from all, and ids that servers choose are made unique.

mod client;
mod jobs;
mod server;
mod tools;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use json_index::{Kind as JsonKind, Value};
use llm_api::request::Call;

use crate::message::{self, ErrorCode, Id};
use jobs::Job;
use tools::Tools;

/// Decides which calls' results stay as they are.
#[derive(Clone)]
pub struct Exclude(Arc<dyn Fn(&Call<'_>) -> bool + Send + Sync>);

impl Exclude {
    /// The results of the calls for which `has` is true.
    pub fn new(has: impl Fn(&Call<'_>) -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(has))
    }
}

impl Default for Exclude {
    fn default() -> Self {
        Self::new(|_| false)
    }
}

impl fmt::Debug for Exclude {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Exclude")
    }
}

/// What a session does besides relaying.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The client sees two tools, one that finds the servers' tools and one that calls them.
    pub lazy: bool,
    /// Definitions of tools are cut to what a call needs.
    pub slim: bool,
    /// The definition of the tool `headroom_retrieve`, as JSON. Without it, the client isn't offered any.
    pub retrieve: Option<String>,
    /// Calls whose results stay as they are.
    pub exclude: Exclude,
}

/// Something to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// A line is sent to a server.
    ToServer {
        /// Which one.
        server: usize,
        /// The line, without its end.
        line: Vec<u8>,
        /// Whether it is the session's own, so that no client waits for it to be taken.
        is_own: bool,
    },
    /// A line is sent to the client.
    ToClient {
        /// The line, without its end.
        line: Vec<u8>,
        /// What it belongs to.
        about: About,
        /// Whether it is a tool's result whose texts may be compressed, and of what kind they are.
        compress: Option<Kind>,
    },
    /// The tool that retrieves originals was called: its result is the response to `id`.
    Retrieve {
        /// The id of the call.
        id: Id,
        /// Its arguments as JSON.
        arguments: String,
    },
    /// Something that people should know.
    Note(String),
}

/// What a line to the client belongs to; a transport with several streams chooses one by it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// The requests that it is the response to.
    pub responses: Vec<Id>,
    /// The token of the request whose progress it reports.
    pub progress: Option<Id>,
}

/// The command or file that a result is from, where the call says one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kind(pub Option<String>);

/// A relay between one client and its servers.
#[derive(Debug)]
pub struct Session {
    servers: Vec<Server>,
    options: Options,
    /// Requests of the client that one server is to answer.
    pending: BTreeMap<Id, Pending>,
    /// Requests of the client, and of the session itself, that several servers answer.
    jobs: BTreeMap<u64, Job>,
    /// Requests that the session sent for its jobs: the job, and the server.
    own: BTreeMap<Id, (u64, usize)>,
    tools: Tools,
    /// Which server listed a resource or the template of one.
    resources: BTreeMap<String, usize>,
    /// Which server has a prompt, and its name there.
    prompts: BTreeMap<String, (usize, String)>,
    /// Requests of servers, by the ids that the client sees.
    lent: BTreeMap<Id, Lent>,
    next: u64,
}

#[derive(Debug)]
struct Server {
    name: String,
    has_ended: bool,
    /// The names of its capabilities; `None` until it has said them.
    capabilities: Option<BTreeSet<String>>,
}

impl Server {
    fn may_have(&self, capability: &str) -> bool {
        !self.has_ended && self.capabilities.as_ref().is_none_or(|all| all.contains(capability))
    }
}

/// A request of the client, and what is done with its response.
#[derive(Debug)]
struct Pending {
    server: usize,
    what: Expected,
}

#[derive(Debug)]
enum Expected {
    /// Nothing.
    Response,
    /// The server's capabilities are noted.
    Initialized,
    /// A tool's result, whose texts may be compressed.
    ToolResult(Kind),
    /// A page of tools; their definitions may be cut, and one be added.
    ToolsPage,
    /// Where it is an error, the next server is asked.
    Attempt(Attempt),
}

/// A request that one of several servers can answer.
#[derive(Debug)]
struct Attempt {
    line: Vec<u8>,
    /// Who is asked next.
    rest: Vec<usize>,
    /// Whether only a server that doesn't know the method passes it on.
    only_if_unknown: bool,
    /// The first error that says more than that nobody knows the method.
    error: Option<Vec<u8>>,
}

/// A request of a server, whose id and token the client sees as others.
#[derive(Debug)]
struct Lent {
    server: usize,
    id: Id,
    /// The token that the client sees, and the server's.
    token: Option<(Id, Id)>,
}

impl Session {
    /// A session with servers of these names, which are short and no two the same.
    pub fn new(names: Vec<String>, options: Options) -> Self {
        let server = |name| Server { name, has_ended: false, capabilities: None };
        Self {
            servers: names.into_iter().map(server).collect(),
            options,
            pending: BTreeMap::new(),
            jobs: BTreeMap::new(),
            own: BTreeMap::new(),
            tools: Tools::default(),
            resources: BTreeMap::new(),
            prompts: BTreeMap::new(),
            lent: BTreeMap::new(),
            next: 0,
        }
    }

    /// What a line of the client, without its end, leads to.
    pub fn from_client(&mut self, line: &[u8]) -> Vec<Output> {
        // What can't be read is the server's to complain about.
        let Some(index) = message::index(line) else { return vec![to_server(0, line)] };
        let pass = |line: &[u8], _| to_server(0, line);
        self.each(line, index.root(), pass, Self::client_message)
    }

    /// What a line of a server, without its end, leads to.
    pub fn from_server(&mut self, server: usize, line: &[u8]) -> Vec<Output> {
        let Some(index) = message::index(line) else {
            return vec![to_client(line, About::default())];
        };
        self.each(line, index.root(), to_client, |session, message| {
            session.server_message(server, message)
        })
    }

    /// What follows when a server has ended, and `reason` says how: `exited with status 1`.
    pub fn server_ended(&mut self, server: usize, reason: &str) -> Vec<Output> {
        if std::mem::replace(&mut self.servers[server].has_ended, true) {
            return Vec::new();
        }
        let said = format!("the server `{}` {reason}", self.servers[server].name);
        let error = message::error(ErrorCode::ConnectionClosed, &said);
        let mut out = vec![Output::Note(said)];
        let theirs = |pending: &&Pending| pending.server == server;
        let ids: Vec<Id> =
            self.pending.iter().filter(|(_, it)| theirs(it)).map(|(id, _)| id.clone()).collect();
        for id in ids {
            let line = message::failure(&id, &error);
            // As if the server had said it.
            if let Some(index) = message::index(&line) {
                out.extend(self.server_message(server, index.root()));
            }
        }
        let own = self.own.iter().filter(|(_, (_, its))| *its == server);
        for (id, job) in own.map(|(id, (job, _))| (id.clone(), *job)).collect::<Vec<_>>() {
            self.own.remove(&id);
            out.extend(self.job_failed(job, server, &error));
        }
        self.lent.retain(|_, lent| lent.server != server);
        out
    }

    /// Whether nobody waits for a response.
    pub fn is_idle(&self) -> bool {
        self.pending.is_empty() && self.own.is_empty() && self.tools.is_settled()
    }

    /// Whether there is one server, for which everything passes.
    fn is_alone(&self) -> bool {
        self.servers.len() == 1
    }

    /// Handles a message, or each of a batch. With one server, `pass` passes a line in which nothing changes.
    fn each(
        &mut self,
        line: &[u8],
        root: Value<'_>,
        pass: impl Fn(&[u8], About) -> Output,
        mut handle: impl FnMut(&mut Self, Value<'_>) -> Vec<Output>,
    ) -> Vec<Output> {
        let messages: Vec<Value<'_>> = match root.kind() {
            JsonKind::Array => root.items().collect(),
            _ => vec![root],
        };
        let outputs: Vec<Vec<Output>> =
            messages.iter().map(|message| handle(self, *message)).collect();
        let mut pairs = messages.iter().zip(&outputs);
        if self.is_alone() && pairs.all(|(message, out)| passes(*message, out)) {
            return vec![pass(line, united(outputs.iter().flatten()))];
        }
        outputs.into_iter().flatten().collect()
    }

    /// An id for a request of the session or of a server, such as nobody else has chosen.
    fn new_id(&mut self) -> Id {
        loop {
            self.next += 1;
            let id = Id::text(&format!("headroom-{}", self.next));
            if !self.pending.contains_key(&id) {
                return id;
            }
        }
    }

    /// The servers that may have a capability.
    fn having(&self, capability: &str) -> Vec<usize> {
        let servers = self.servers.iter().enumerate();
        servers.filter(|(_, server)| server.may_have(capability)).map(|(at, _)| at).collect()
    }

    /// The servers that run.
    fn running(&self) -> Vec<usize> {
        let servers = self.servers.iter().enumerate();
        servers.filter(|(_, server)| !server.has_ended).map(|(at, _)| at).collect()
    }

    /// Sends a request of the client to a server, or says that it has ended.
    fn forward(&mut self, id: Id, server: usize, line: &[u8], what: Expected) -> Vec<Output> {
        if self.servers[server].has_ended {
            let said = format!("the server `{}` has ended", self.servers[server].name);
            return vec![error_to_client(&id, ErrorCode::ConnectionClosed, &said)];
        }
        self.pending.insert(id, Pending { server, what });
        vec![to_server(server, line)]
    }
}

/// Whether a message leads to nothing but itself.
fn passes(message: Value<'_>, outputs: &[Output]) -> bool {
    match outputs {
        [Output::ToServer { line, is_own: false, .. }] => line == message.raw(),
        [Output::ToClient { line, compress, .. }] => line == message.raw() && compress.is_none(),
        _ => false,
    }
}

/// What all these outputs belong to.
fn united<'o>(outputs: impl Iterator<Item = &'o Output>) -> About {
    let mut all = About::default();
    for output in outputs {
        if let Output::ToClient { about, .. } = output {
            all.responses.extend(about.responses.iter().cloned());
            all.progress = all.progress.or_else(|| about.progress.clone());
        }
    }
    all
}

fn to_server(server: usize, line: &[u8]) -> Output {
    Output::ToServer { server, line: line.to_vec(), is_own: false }
}

fn to_client(line: &[u8], about: About) -> Output {
    Output::ToClient { line: line.to_vec(), about, compress: None }
}

/// The response to `id`.
fn respond(id: &Id, line: Vec<u8>) -> Output {
    let about = About { responses: vec![id.clone()], progress: None };
    Output::ToClient { line, about, compress: None }
}

fn error_to_client(id: &Id, code: ErrorCode, text: &str) -> Output {
    respond(id, message::failure(id, &message::error(code, text)))
}

#[cfg(test)]
mod tests;
