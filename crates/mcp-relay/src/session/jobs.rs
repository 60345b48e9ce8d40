//! Requests that several servers answer, and whose responses become one.

use json_index::Value;
use serde_json::{Map, Value as Json, json};

use super::client::replaced;
use super::{Output, Session, error_to_client, respond};
use crate::message::{self, ErrorCode, Id, raw, text_at};
use crate::naming;

/// The most pages of a list that are read, so that a server whose pages never end doesn't hold the client up.
const MOST_PAGES: usize = 200;
/// What several servers are called as one.
const NAME: &str = "headroom-mcp-wrap";

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum JobKind {
    /// The client begins the session.
    Initialize,
    /// The session reads all tools.
    Tools,
    /// The client lists something.
    List(List),
    /// Every server is told, and the first result is the client's.
    Each,
}

/// What is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Prompts,
    Resources,
    Templates,
}

impl List {
    fn method(self) -> &'static str {
        match self {
            Self::Prompts => "prompts/list",
            Self::Resources => "resources/list",
            Self::Templates => "resources/templates/list",
        }
    }

    fn capability(self) -> &'static str {
        match self {
            Self::Prompts => "prompts",
            Self::Resources | Self::Templates => "resources",
        }
    }

    /// The member of the result that has the items.
    fn key(self) -> &'static str {
        match self {
            Self::Prompts => "prompts",
            Self::Resources => "resources",
            Self::Templates => "resourceTemplates",
        }
    }
}

impl JobKind {
    fn list(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Tools => Some(("tools/list", "tools")),
            Self::List(list) => Some((list.method(), list.key())),
            Self::Initialize | Self::Each => None,
        }
    }
}

/// A request that several servers answer.
#[derive(Debug)]
pub(super) struct Job {
    /// The client's request; none where the session itself asks.
    pub(super) client: Option<Id>,
    kind: JobKind,
    parts: Vec<Part>,
}

/// What one server answers.
#[derive(Debug)]
struct Part {
    server: usize,
    is_open: bool,
    /// The items of a list, as they are written.
    items: Vec<String>,
    pages: usize,
    /// The last result, or the error.
    reply: Option<Result<String, String>>,
}

impl Session {
    /// Sends the client's request to each of `servers`.
    pub(super) fn ask_each(
        &mut self,
        id: Id,
        kind: JobKind,
        servers: Vec<usize>,
        request: Value<'_>,
    ) -> Vec<Output> {
        if servers.is_empty() {
            let said = "no server has this method";
            return vec![error_to_client(&id, ErrorCode::MethodNotFound, said)];
        }
        let Some(place) = request.get("id") else { return Vec::new() };
        self.start(Some(id), kind, servers, |own| {
            replaced(request, &[(place, own.as_json().to_owned())])
        })
    }

    /// Gathers a list for the client from all servers that have one.
    pub(super) fn gather(&mut self, id: Id, list: List) -> Vec<Output> {
        let servers = self.having(list.capability());
        let kind = JobKind::List(list);
        self.start(Some(id), kind, servers, |own| message::request(own, list.method(), "{}"))
    }

    /// Reads the tools of all servers that have some.
    pub(super) fn gather_tools(&mut self) -> Vec<Output> {
        let servers = self.having("tools");
        self.start(None, JobKind::Tools, servers, |own| message::request(own, "tools/list", "{}"))
    }

    fn start(
        &mut self,
        client: Option<Id>,
        kind: JobKind,
        servers: Vec<usize>,
        line: impl Fn(&Id) -> Vec<u8>,
    ) -> Vec<Output> {
        self.next += 1;
        let number = self.next;
        let part = |server: &usize| Part {
            server: *server,
            is_open: true,
            items: Vec::new(),
            pages: 0,
            reply: None,
        };
        let job = Job { client, kind, parts: servers.iter().map(part).collect() };
        self.jobs.insert(number, job);
        let mut out = Vec::new();
        for server in &servers {
            let own = self.new_id();
            out.push(Output::ToServer { server: *server, line: line(&own), is_own: true });
            self.own.insert(own, (number, *server));
        }
        if servers.is_empty() {
            out.extend(self.finish(number));
        }
        out
    }

    /// The response of a server to a part of a job.
    pub(super) fn job_response(
        &mut self,
        number: u64,
        server: usize,
        message: Value<'_>,
    ) -> Vec<Output> {
        let Some(job) = self.jobs.get_mut(&number) else { return Vec::new() };
        let Some(part) = job.parts.iter_mut().find(|part| part.server == server) else {
            return Vec::new();
        };
        part.reply = match (message.get("result"), message.get("error")) {
            (Some(result), _) => Some(Ok(raw(result))),
            (None, Some(error)) => Some(Err(raw(error))),
            (None, None) => None,
        };
        let mut next = None;
        if let Some(((method, key), result)) = job.kind.list().zip(message.get("result")) {
            let items = result.get(key).into_iter().flat_map(Value::items);
            part.items.extend(items.map(raw));
            part.pages += 1;
            let cursor = text_at(result, &["nextCursor"]);
            next = cursor.filter(|_| part.pages < MOST_PAGES).map(|cursor| (method, cursor));
        }
        let Some((method, cursor)) = next else {
            part.is_open = false;
            return self.finish_if_complete(number);
        };
        let own = self.new_id();
        let params = format!(r#"{{"cursor":{}}}"#, message::json_string(&cursor));
        let line = message::request(&own, method, &params);
        self.own.insert(own, (number, server));
        vec![Output::ToServer { server, line, is_own: true }]
    }

    /// A server won't answer a part of a job any more.
    pub(super) fn job_failed(&mut self, number: u64, server: usize, error: &str) -> Vec<Output> {
        let parts = self.jobs.get_mut(&number).map(|job| job.parts.iter_mut());
        for part in parts.into_iter().flatten().filter(|part| part.server == server) {
            part.is_open = false;
            part.reply = Some(Err(error.to_owned()));
        }
        self.finish_if_complete(number)
    }

    fn finish_if_complete(&mut self, number: u64) -> Vec<Output> {
        let parts = self.jobs.get(&number).map(|job| job.parts.iter());
        match parts.is_some_and(|mut parts| parts.all(|part| !part.is_open)) {
            true => self.finish(number),
            false => Vec::new(),
        }
    }

    /// Makes one response of all.
    fn finish(&mut self, number: u64) -> Vec<Output> {
        let Some(Job { client, kind, parts }) = self.jobs.remove(&number) else {
            return Vec::new();
        };
        let Some(id) = client else {
            let lists = parts.into_iter().map(|part| (part.server, part.items));
            return self.tools_read(lists.collect());
        };
        let first_error = || {
            let mut errors = parts.iter().filter_map(|part| part.reply.as_ref()?.as_ref().err());
            errors.next().map(|error| respond(&id, message::failure(&id, error)))
        };
        let have_failed =
            !parts.is_empty() && parts.iter().all(|part| !matches!(part.reply, Some(Ok(_))));
        if have_failed {
            return first_error().into_iter().collect();
        }
        match kind {
            JobKind::Initialize => self.initialized(&id, &parts),
            JobKind::List(list) => {
                let result = self.merged(list, &parts);
                vec![respond(&id, message::response(&id, &result))]
            }
            JobKind::Each | JobKind::Tools => {
                let result = parts.iter().find_map(|part| part.reply.as_ref()?.as_ref().ok());
                let result = result.map_or("{}", String::as_str);
                vec![respond(&id, message::response(&id, result))]
            }
        }
    }

    /// The servers' lists as one; names of prompts are behind those of their servers.
    fn merged(&mut self, list: List, parts: &[Part]) -> String {
        let mut items = Vec::new();
        let mut taken = std::collections::HashSet::new();
        for part in parts {
            for item in &part.items {
                let Some(index) = message::index(item.as_bytes()) else { continue };
                let root = index.root();
                let member = match list {
                    List::Prompts => "name",
                    List::Resources => "uri",
                    List::Templates => "uriTemplate",
                };
                let name = text_at(root, &[member]).unwrap_or_default().into_owned();
                if list == List::Prompts {
                    let seen = naming::behind(&self.servers[part.server].name, &name, &mut taken);
                    let place = root.get(member);
                    let place = place.map(|place| (place, message::json_string(&seen)));
                    let item = replaced(root, place.as_slice());
                    items.push(String::from_utf8_lossy(&item).into_owned());
                    self.prompts.insert(seen, (part.server, name));
                } else {
                    self.resources.entry(name).or_insert(part.server);
                    items.push(item.clone());
                }
            }
        }
        format!(r#"{{"{}":[{}]}}"#, list.key(), items.join(","))
    }

    /// The results of the servers' initialization as one.
    fn initialized(&mut self, id: &Id, parts: &[Part]) -> Vec<Output> {
        let mut out = Vec::new();
        let mut version: Option<String> = None;
        let mut capabilities = Map::new();
        let mut instructions = Vec::new();
        for part in parts {
            let result = match &part.reply {
                Some(Ok(result)) => result,
                refused => {
                    let why = refused.as_ref().and_then(|reply| reply.as_ref().err());
                    let why = why.map_or("no response", String::as_str);
                    let server = &mut self.servers[part.server];
                    server.has_ended = true;
                    let name = &server.name;
                    out.push(Output::Note(format!("the server `{name}` isn't initialized: {why}")));
                    continue;
                }
            };
            let index = message::index(result.as_bytes());
            self.note_capabilities_of(part.server, index.as_ref().map(|index| index.root()));
            let Ok(result) = serde_json::from_str::<Json>(result) else { continue };
            // Versions are dates; what the oldest server speaks, all understand.
            if let Some(spoken) = result["protocolVersion"].as_str() {
                let is_older = version.as_deref().is_none_or(|version| spoken < version);
                version = if is_older { Some(spoken.to_owned()) } else { version };
            }
            if let Json::Object(theirs) = &result["capabilities"] {
                unite(&mut capabilities, theirs);
            }
            if let Some(text) =
                result["instructions"].as_str().map(str::trim).filter(|it| !it.is_empty())
            {
                instructions.push(format!("{}: {text}", self.servers[part.server].name));
            }
        }
        let mut result = json!({
            "protocolVersion": version,
            "capabilities": capabilities,
            "serverInfo": {"name": NAME, "version": env!("CARGO_PKG_VERSION")},
        });
        if !instructions.is_empty() {
            result["instructions"] = json!(instructions.join("\n\n"));
        }
        out.push(respond(id, message::response(id, &result.to_string())));
        out
    }

    fn note_capabilities_of(&mut self, server: usize, result: Option<Value<'_>>) {
        self.note_capabilities(server, result);
        // A server that says nothing has none.
        self.servers[server].capabilities.get_or_insert_default();
    }
}

/// Adds `theirs` to `all`: what one of several servers can do, they can do together.
fn unite(all: &mut Map<String, Json>, theirs: &Map<String, Json>) {
    for (key, value) in theirs {
        match (all.get_mut(key), value) {
            (Some(Json::Object(all)), Json::Object(theirs)) => unite(all, theirs),
            (Some(Json::Bool(all)), Json::Bool(theirs)) => *all |= theirs,
            (Some(_), _) => {}
            (None, value) => {
                all.insert(key.clone(), value.clone());
            }
        }
    }
}
