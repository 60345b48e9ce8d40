//! What the client sends.

use json_index::Value;
use llm_api::splice::Edits;

use super::jobs::{JobKind, List};
use super::{Attempt, Expected, Output, Pending, Session, error_to_client, to_client, to_server};
use crate::message::{self, ErrorCode, Id, Message, at, json_string, text_at};
use crate::naming;

impl Session {
    pub(super) fn client_message(&mut self, message: Value<'_>) -> Vec<Output> {
        match Message::of(message) {
            Message::Request { id, method } => self.client_request(id, &method, message),
            Message::Notification { method } => self.client_notification(&method, message),
            Message::Response { id } => self.client_response(&id, message),
            Message::Batch | Message::Unknown => vec![to_server(0, message.raw())],
        }
    }

    fn client_request(&mut self, id: Id, method: &str, message: Value<'_>) -> Vec<Output> {
        match method {
            "tools/list" => self.list_tools(id, message),
            "tools/call" => self.call_tool(id, message),
            _ if self.is_alone() => {
                let what = match method {
                    "initialize" => Expected::Initialized,
                    _ => Expected::Response,
                };
                self.forward(id, 0, message.raw(), what)
            }
            _ => self.request_of_several(id, method, message),
        }
    }

    /// A request that isn't about tools, where there are several servers.
    fn request_of_several(&mut self, id: Id, method: &str, message: Value<'_>) -> Vec<Output> {
        match method {
            "initialize" => self.ask_each(id, JobKind::Initialize, self.running(), message),
            "ping" => self.ask_each(id, JobKind::Each, self.running(), message),
            "logging/setLevel" => self.ask_each(id, JobKind::Each, self.having("logging"), message),
            "prompts/list" => self.gather(id, List::Prompts),
            "resources/list" => self.gather(id, List::Resources),
            "resources/templates/list" => self.gather(id, List::Templates),
            "prompts/get" => self.named_prompt(id, &["params", "name"], message),
            "resources/read" | "resources/subscribe" | "resources/unsubscribe" => {
                self.resource(id, &["params", "uri"], message)
            }
            "completion/complete" if at(message, &["params", "ref", "uri"]).is_some() => {
                self.resource(id, &["params", "ref", "uri"], message)
            }
            "completion/complete" => self.named_prompt(id, &["params", "ref", "name"], message),
            _ => self.attempt(id, self.running(), true, message),
        }
    }

    /// A request about the prompt whose name is behind `path`.
    fn named_prompt(&mut self, id: Id, path: &[&str], message: Value<'_>) -> Vec<Output> {
        let name = text_at(message, path).unwrap_or_default();
        let known = self.prompts.get(&*name).cloned();
        // A prompt that nobody has listed yet says by its name which server it is of.
        let target = known.or_else(|| {
            let (prefix, own_name) = naming::split(&name)?;
            let server = self.servers.iter().position(|server| server.name == prefix)?;
            Some((server, own_name.to_owned()))
        });
        let (Some((server, own_name)), Some(place)) = (target, at(message, path)) else {
            let said = format!("there is no prompt `{name}`");
            return vec![error_to_client(&id, ErrorCode::InvalidParams, &said)];
        };
        let line = replaced(message, &[(place, json_string(&own_name))]);
        self.forward(id, server, &line, Expected::Response)
    }

    /// A request about the resource whose URI is behind `path`: the server that listed it is asked, or each
    /// in turn.
    fn resource(&mut self, id: Id, path: &[&str], message: Value<'_>) -> Vec<Output> {
        let known = text_at(message, path).and_then(|uri| self.resources.get(&*uri).copied());
        let servers = match known {
            Some(server) => vec![server],
            None => self.having("resources"),
        };
        self.attempt(id, servers, false, message)
    }

    /// Asks servers in turn.
    fn attempt(
        &mut self,
        id: Id,
        servers: Vec<usize>,
        only_if_unknown: bool,
        message: Value<'_>,
    ) -> Vec<Output> {
        let Some((first, rest)) = servers.split_first() else {
            let said = "no server has this method";
            return vec![error_to_client(&id, ErrorCode::MethodNotFound, said)];
        };
        let line = message.raw().to_vec();
        let rest = rest.to_vec();
        let attempt = Attempt { line, rest, only_if_unknown, error: None };
        self.forward(id, *first, message.raw(), Expected::Attempt(attempt))
    }

    fn client_notification(&mut self, method: &str, message: Value<'_>) -> Vec<Output> {
        let mut out = match method {
            "notifications/cancelled" => self.cancel(message),
            "notifications/progress" if !self.is_alone() => self.progress_of_client(message),
            _ => self.broadcast(message),
        };
        if method == "notifications/initialized" && self.options.lazy {
            out.extend(self.fetch_tools());
        }
        out
    }

    fn broadcast(&self, message: Value<'_>) -> Vec<Output> {
        self.running().into_iter().map(|server| to_server(server, message.raw())).collect()
    }

    /// The client doesn't wait for a request any more. Whether its server still responds is the server's
    /// affair, and the response passes as it is.
    fn cancel(&mut self, message: Value<'_>) -> Vec<Output> {
        let id = at(message, &["params", "requestId"]).and_then(Id::read);
        let pending = id.as_ref().and_then(|id| self.pending.remove(id));
        let mut out = Vec::new();
        match pending {
            Some(Pending { server, .. }) => out.push(to_server(server, message.raw())),
            None if self.is_alone() => out.push(to_server(0, message.raw())),
            None => {}
        }
        if let Some(id) = id {
            self.tools.drop_held(&id);
            out.extend(self.cancel_job(&id, message));
        }
        out
    }

    /// Cancels what the servers were asked for the client's request `id`.
    fn cancel_job(&mut self, id: &Id, message: Value<'_>) -> Vec<Output> {
        let job = self.jobs.iter().find(|(_, job)| job.client.as_ref() == Some(id));
        let Some(job) = job.map(|(job, _)| *job) else { return Vec::new() };
        self.jobs.remove(&job);
        let asked: Vec<(Id, usize)> = self
            .own
            .iter()
            .filter(|(_, (its, _))| *its == job)
            .map(|(id, (_, server))| (id.clone(), *server))
            .collect();
        let place = at(message, &["params", "requestId"]);
        asked
            .into_iter()
            .filter_map(|(own, server)| {
                self.own.remove(&own);
                let line = replaced(message, &[(place?, own.as_json().to_owned())]);
                Some(Output::ToServer { server, line, is_own: true })
            })
            .collect()
    }

    /// Progress of what a server asked of the client.
    fn progress_of_client(&mut self, message: Value<'_>) -> Vec<Output> {
        let place = at(message, &["params", "progressToken"]);
        let Some((place, token)) = place.and_then(|place| Some((place, Id::read(place)?))) else {
            return self.broadcast(message);
        };
        let lent = self.lent.values().find_map(|lent| {
            let (seen, own) = lent.token.as_ref()?;
            (*seen == token).then(|| (lent.server, own.as_json().to_owned()))
        });
        match lent {
            Some((server, own)) => vec![to_server(server, &replaced(message, &[(place, own)]))],
            None => self.broadcast(message),
        }
    }

    /// The response to what a server asked of the client.
    fn client_response(&mut self, id: &Id, message: Value<'_>) -> Vec<Output> {
        if self.is_alone() {
            return vec![to_server(0, message.raw())];
        }
        // Nobody waits for it otherwise: the server has ended or cancelled it.
        let Some(lent) = self.lent.remove(id) else { return Vec::new() };
        let Some(place) = message.get("id") else { return Vec::new() };
        let line = replaced(message, &[(place, lent.id.as_json().to_owned())]);
        vec![to_server(lent.server, &line)]
    }

    /// A response of a server for which another server may be asked.
    pub(super) fn attempted(
        &mut self,
        id: Id,
        mut attempt: Attempt,
        response: Value<'_>,
    ) -> Vec<Output> {
        let about = super::About { responses: vec![id.clone()], progress: None };
        let Some(error) = response.get("error") else {
            return vec![to_client(response.raw(), about)];
        };
        let code = error.get("code").map(message::raw).and_then(|code| code.parse::<i32>().ok());
        let is_unknown = code == Some(ErrorCode::MethodNotFound as i32);
        if !is_unknown {
            attempt.error.get_or_insert_with(|| response.raw().to_vec());
        }
        let may_go_on = is_unknown || !attempt.only_if_unknown;
        attempt.rest.retain(|server| !self.servers[*server].has_ended);
        if attempt.rest.is_empty() || !may_go_on {
            let line = attempt.error.unwrap_or_else(|| response.raw().to_vec());
            return vec![to_client(&line, about)];
        }
        let next = attempt.rest.remove(0);
        let line = attempt.line.clone();
        let what = Expected::Attempt(attempt);
        self.pending.insert(id, Pending { server: next, what });
        vec![Output::ToServer { server: next, line, is_own: true }]
    }
}

/// A message with some of its values replaced.
pub(super) fn replaced(message: Value<'_>, values: &[(Value<'_>, String)]) -> Vec<u8> {
    let start = message.range().start;
    let mut edits = Edits::default();
    for (value, with) in values {
        let range = value.range();
        edits.replace(range.start - start..range.end - start, with.as_bytes());
    }
    // Values of one message don't overlap, and lie in it.
    edits.apply(message.raw()).unwrap_or_else(|_| message.raw().to_vec())
}
