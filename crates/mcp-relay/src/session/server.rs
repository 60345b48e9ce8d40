//! What servers send.

use json_index::Value;

use super::client::replaced;
use super::{About, Expected, Lent, Output, Session, to_client};
use crate::message::{Id, Message, at, json_string, progress_token};

impl Session {
    pub(super) fn server_message(&mut self, server: usize, message: Value<'_>) -> Vec<Output> {
        match Message::of(message) {
            Message::Response { id } => self.server_response(server, id, message),
            Message::Request { id, .. } if !self.is_alone() => {
                vec![self.lend(server, id, message)]
            }
            Message::Notification { method } => self.server_notification(server, &method, message),
            Message::Request { .. } | Message::Batch | Message::Unknown => {
                vec![to_client(message.raw(), About::default())]
            }
        }
    }

    fn server_response(&mut self, server: usize, id: Id, message: Value<'_>) -> Vec<Output> {
        if let Some((job, _)) = self.own.get(&id).copied().filter(|(_, asked)| *asked == server) {
            self.own.remove(&id);
            return self.job_response(job, server, message);
        }
        let about = About { responses: vec![id.clone()], progress: None };
        let is_theirs = self.pending.get(&id).is_some_and(|pending| pending.server == server);
        let Some(pending) = is_theirs.then(|| self.pending.remove(&id)).flatten() else {
            // It was cancelled: the client knows what to make of it.
            return vec![to_client(message.raw(), about)];
        };
        match pending.what {
            Expected::Response => vec![to_client(message.raw(), about)],
            Expected::Initialized => {
                self.note_capabilities(server, message.get("result"));
                vec![to_client(message.raw(), about)]
            }
            Expected::ToolResult(kind) => {
                let line = message.raw().to_vec();
                let compress = message.get("result").is_some().then_some(kind);
                vec![Output::ToClient { line, about, compress }]
            }
            Expected::ToolsPage => {
                let line = self.edited_page(message);
                vec![Output::ToClient { line, about, compress: None }]
            }
            Expected::Attempt(attempt) => self.attempted(id, attempt, message),
        }
    }

    /// Notes which capabilities a server has, from the result of its initialization.
    pub(super) fn note_capabilities(&mut self, server: usize, result: Option<Value<'_>>) {
        let Some(capabilities) = result.and_then(|result| result.get("capabilities")) else {
            return;
        };
        let names = capabilities.members().filter_map(|(key, _)| key.text());
        self.servers[server].capabilities = Some(names.map(Into::into).collect());
    }

    /// A request of a server, with an id and a token that no other server has chosen.
    fn lend(&mut self, server: usize, id: Id, message: Value<'_>) -> Output {
        let seen = self.new_id();
        let mut values = Vec::new();
        if let Some(place) = message.get("id") {
            values.push((place, seen.as_json().to_owned()));
        }
        let own_token = progress_token(message);
        let token_place = at(message, &["params", "_meta", "progressToken"]);
        let token = own_token.zip(token_place).map(|(own, place)| {
            let seen = Id::text(&format!("{}-{}", self.servers[server].name, own.as_json()));
            values.push((place, seen.as_json().to_owned()));
            (seen, own)
        });
        let line = replaced(message, &values);
        self.lent.insert(seen, Lent { server, id, token });
        Output::ToClient { line, about: About::default(), compress: None }
    }

    fn server_notification(
        &mut self,
        server: usize,
        method: &str,
        message: Value<'_>,
    ) -> Vec<Output> {
        let mut about = About::default();
        let mut line = message.raw().to_vec();
        match method {
            "notifications/progress" => {
                about.progress = at(message, &["params", "progressToken"]).and_then(Id::read);
            }
            "notifications/cancelled" if !self.is_alone() => {
                let place = at(message, &["params", "requestId"]);
                let own = place.and_then(Id::read);
                let is_it = |lent: &Lent| lent.server == server && Some(&lent.id) == own.as_ref();
                let seen = self.lent.iter().find(|(_, lent)| is_it(lent)).map(|(id, _)| id.clone());
                if let (Some(place), Some(seen)) = (place, seen) {
                    line = replaced(message, &[(place, seen.as_json().to_owned())]);
                    self.lent.remove(&seen);
                }
            }
            // The logger says which server it is of.
            "notifications/message" if !self.is_alone() => line = self.logged(server, message),
            _ => {}
        }
        let mut out = vec![Output::ToClient { line, about, compress: None }];
        if method == "notifications/tools/list_changed" {
            out.extend(self.tools_changed());
        }
        out
    }

    /// A log message whose logger is behind the name of its server.
    fn logged(&self, server: usize, message: Value<'_>) -> Vec<u8> {
        let name = &self.servers[server].name;
        let logger = at(message, &["params", "logger"]);
        match logger.and_then(|logger| Some((logger, logger.text()?))) {
            Some((place, text)) => {
                replaced(message, &[(place, json_string(&format!("{name}/{text}")))])
            }
            None => message.raw().to_vec(),
        }
    }
}
