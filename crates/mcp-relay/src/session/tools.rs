//! Tools: their list as the client sees it, and their calls.

use json_index::{Kind as JsonKind, Value};
use llm_api::request::Call;
use llm_api::splice::Edits;
use llm_api::tool_call;

use super::client::replaced;
use super::{Expected, Kind, Output, Session, error_to_client, respond};
use crate::catalog::Catalog;
use crate::message::{self, ErrorCode, Id, at, json_string, raw, text_at};
use crate::search::{self, CALL, SEARCH};
use crate::{naming, slim};

/// The tool that retrieves originals.
const RETRIEVE: &str = "headroom_retrieve";

/// What the session knows of the servers' tools.
#[derive(Debug, Default)]
pub(super) struct Tools {
    catalog: Catalog,
    state: State,
    /// Requests that wait for the catalog.
    held: Vec<Held>,
    /// Whether a server lists a tool that retrieves originals, so that no other is added.
    has_own_retrieve: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// Nothing has been read, or it has changed since.
    #[default]
    Unknown,
    /// It is being read; `again` if it has changed since that began.
    Reading { again: bool },
    /// The catalog is as the servers have said last.
    Known,
}

/// A request that waits for the catalog.
#[derive(Debug)]
enum Held {
    /// The list.
    List(Id),
    /// A search or a call, as the client sent it.
    Call(Id, Vec<u8>),
}

impl Tools {
    /// Whether nobody waits for the catalog.
    pub(super) fn is_settled(&self) -> bool {
        self.held.is_empty()
    }

    /// Forgets a request that waits.
    pub(super) fn drop_held(&mut self, id: &Id) {
        self.held.retain(|held| match held {
            Held::List(its) | Held::Call(its, _) => its != id,
        });
    }
}

impl Session {
    pub(super) fn list_tools(&mut self, id: Id, message: Value<'_>) -> Vec<Output> {
        let has_tools = !self.having("tools").is_empty();
        if self.is_alone() && (!self.options.lazy || !has_tools) {
            if at(message, &["params", "cursor"]).is_none() {
                self.tools.has_own_retrieve = false;
            }
            return self.forward(id, 0, message.raw(), Expected::ToolsPage);
        }
        if self.options.lazy && self.tools.state == State::Known {
            return vec![self.listed(&id)];
        }
        self.tools.held.push(Held::List(id));
        self.fetch_tools()
    }

    /// Reads the tools of all servers, unless that is going on.
    pub(super) fn fetch_tools(&mut self) -> Vec<Output> {
        if matches!(self.tools.state, State::Reading { .. }) {
            return Vec::new();
        }
        self.tools.state = State::Reading { again: false };
        self.gather_tools()
    }

    /// A server says that its tools have changed.
    pub(super) fn tools_changed(&mut self) -> Vec<Output> {
        match self.tools.state {
            State::Reading { .. } => {
                self.tools.state = State::Reading { again: true };
                Vec::new()
            }
            State::Known | State::Unknown => {
                self.tools.state = State::Unknown;
                if self.options.lazy { self.fetch_tools() } else { Vec::new() }
            }
        }
    }

    /// The tools of all servers have been read; what waited for them goes on.
    pub(super) fn tools_read(&mut self, lists: Vec<(usize, Vec<String>)>) -> Vec<Output> {
        let names: Vec<String> = self.servers.iter().map(|server| server.name.clone()).collect();
        let prefixes = (!self.is_alone()).then_some(&*names);
        self.tools.catalog = Catalog::new(&lists, prefixes, self.options.slim);
        let tools = self.tools.catalog.tools();
        self.tools.has_own_retrieve = tools.iter().any(|tool| tool.own_name == RETRIEVE);
        if self.tools.state == (State::Reading { again: true }) {
            self.tools.state = State::Unknown;
            return self.fetch_tools();
        }
        self.tools.state = State::Known;
        let mut out = Vec::new();
        for held in std::mem::take(&mut self.tools.held) {
            match held {
                Held::List(id) => out.push(self.listed(&id)),
                Held::Call(_, line) => out.extend(own(self.from_client(&line))),
            }
        }
        out
    }

    /// The list of the tools that the client sees.
    fn listed(&self, id: &Id) -> Output {
        let catalog = &self.tools.catalog;
        let mut tools: Vec<String> = match self.options.lazy {
            true => search::definitions(catalog).to_vec(),
            false => catalog.tools().iter().map(|tool| tool.definition.clone()).collect(),
        };
        tools.extend(self.offered_retrieve().map(str::to_owned));
        let result = format!(r#"{{"tools":[{}]}}"#, tools.join(","));
        respond(id, message::response(id, &result))
    }

    /// The definition of the tool that retrieves originals, where it is added.
    fn offered_retrieve(&self) -> Option<&str> {
        self.options.retrieve.as_deref().filter(|_| !self.tools.has_own_retrieve)
    }

    /// A page of the only server's tools: cut, and with the tool that retrieves originals after the last.
    pub(super) fn edited_page(&mut self, message: Value<'_>) -> Vec<u8> {
        let list = at(message, &["result", "tools"]).filter(|list| list.kind() == JsonKind::Array);
        let Some(list) = list else { return message.raw().to_vec() };
        let is_retrieve = |tool: Value<'_>| tool.get("name").is_some_and(|name| name.is(RETRIEVE));
        self.tools.has_own_retrieve |= list.items().any(is_retrieve);
        let start = message.range().start;
        let mut edits = Edits::default();
        if self.options.slim {
            for tool in list.items() {
                let range = tool.range();
                let cut = slim::definition(tool, None, true);
                edits.replace(range.start - start..range.end - start, cut);
            }
        }
        let cursor = at(message, &["result", "nextCursor"]);
        let is_last = cursor.is_none_or(Value::is_null);
        if let Some(definition) = self.offered_retrieve().filter(|_| is_last) {
            let comma = if list.items().next().is_some() { "," } else { "" };
            edits.insert(list.range().end - 1 - start, format!("{comma}{definition}"));
        }
        edits.apply(message.raw()).unwrap_or_else(|_| message.raw().to_vec())
    }

    pub(super) fn call_tool(&mut self, id: Id, message: Value<'_>) -> Vec<Output> {
        let Some(name) = text_at(message, &["params", "name"]) else {
            return self.forward(id, 0, message.raw(), Expected::Response);
        };
        let arguments = at(message, &["params", "arguments"]);
        if name == RETRIEVE && self.offered_retrieve().is_some() {
            let arguments = arguments.map_or_else(|| "{}".to_owned(), raw);
            return vec![Output::Retrieve { id, arguments }];
        }
        match (&*name, self.options.lazy) {
            (SEARCH | CALL, true) if self.tools.state != State::Known => self.hold(id, message),
            (SEARCH, true) => {
                let query = arguments.and_then(|arguments| text_at(arguments, &["query"]));
                let found = search::found(&self.tools.catalog, &query.unwrap_or_default());
                vec![respond(&id, message::response(&id, &text_result(&found, false)))]
            }
            (CALL, true) => self.call_found(id, message),
            _ if self.is_alone() => {
                let what = self.expected(&name, arguments.map(raw));
                self.forward(id, 0, message.raw(), what)
            }
            _ => self.call_of_several(id, &name, message),
        }
    }

    /// What is done with the result of a call of the tool that its server calls `name`.
    fn expected(&self, name: &str, arguments: Option<String>) -> Expected {
        let call = Call::new(name, arguments.unwrap_or_default());
        if (self.options.exclude.0)(&call) {
            return Expected::Response;
        }
        Expected::ToolResult(Kind(tool_call::hint(&call)))
    }

    /// Keeps a request until the catalog is known.
    fn hold(&mut self, id: Id, message: Value<'_>) -> Vec<Output> {
        self.tools.held.push(Held::Call(id, message.raw().to_vec()));
        self.fetch_tools()
    }

    /// A call of a tool that a search has found: it goes to its server as a call of the tool itself.
    fn call_found(&mut self, id: Id, message: Value<'_>) -> Vec<Output> {
        let refuse =
            |said: &str| vec![respond(&id, message::response(&id, &text_result(said, true)))];
        let outer = at(message, &["params", "arguments"]);
        let Some((outer, name)) = outer.and_then(|outer| Some((outer, text_at(outer, &["name"])?)))
        else {
            return refuse(&format!(
                "`name` is missing: give the name of a tool that {SEARCH} found"
            ));
        };
        let Some(tool) = self.tools.catalog.meant(&name) else {
            let nearest = self.tools.catalog.nearest(&name);
            return refuse(&match &nearest[..] {
                [] => format!("there is no tool `{name}`; {SEARCH} finds tools"),
                nearest => {
                    format!("there is no tool `{name}`; the nearest are {}", nearest.join(", "))
                }
            });
        };
        let Some(place) = at(message, &["params", "name"]) else { return Vec::new() };
        let inner = search::inner_arguments(outer);
        let (server, what) = (tool.server, self.expected(&tool.own_name, Some(inner.clone())));
        let line = replaced(message, &[(place, json_string(&tool.own_name)), (outer, inner)]);
        self.forward(id, server, &line, what)
    }

    /// A call of a tool by its name behind that of its server.
    fn call_of_several(&mut self, id: Id, name: &str, message: Value<'_>) -> Vec<Output> {
        let known = self.tools.catalog.get(name);
        let target = known.map(|tool| (tool.server, tool.own_name.clone()));
        if target.is_none() && self.tools.state != State::Known {
            return self.hold(id, message);
        }
        // A server may have tools that it doesn't list.
        let target = target.or_else(|| {
            let (prefix, own_name) = naming::split(name)?;
            let server = self.servers.iter().position(|server| server.name == prefix)?;
            Some((server, own_name.to_owned()))
        });
        let (Some((server, own_name)), Some(place)) = (target, at(message, &["params", "name"]))
        else {
            let said = format!("there is no tool `{name}`");
            return vec![error_to_client(&id, ErrorCode::InvalidParams, &said)];
        };
        let what = self.expected(&own_name, at(message, &["params", "arguments"]).map(raw));
        let line = replaced(message, &[(place, json_string(&own_name))]);
        self.forward(id, server, &line, what)
    }
}

/// A tool's result that is a text.
fn text_result(text: &str, is_error: bool) -> String {
    let error = if is_error { r#","isError":true"# } else { "" };
    format!(r#"{{"content":[{{"type":"text","text":{}}}]{error}}}"#, json_string(text))
}

/// Requests that the client sent before: it doesn't wait for them to be taken any more.
fn own(mut outputs: Vec<Output>) -> Vec<Output> {
    for output in &mut outputs {
        if let Output::ToServer { is_own, .. } = output {
            *is_own = true;
        }
    }
    outputs
}
