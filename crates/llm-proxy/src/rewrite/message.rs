//! The rewriting of a message that asks for a response over a WebSocket.
//!
//! The message has only what is new; the provider keeps the rest. Together with what is remembered of its
//! connection it is the request that the client would have sent over HTTP, which is rewritten as such, so
//! that both become the same. What is then sent is the part of it that is in the message.

use bytes::Bytes;
use json_index::scan;
use llm_api::replay;
use llm_api::request::{Request, read};
use llm_api::response::Round;
use llm_api::retrieval::TOOL;
use llm_api::socket::{Create, Whole};
use llm_api::splice::Edits;
use llm_api::{Api, RESPONSES};

use super::continue_turn::{NextRound, OpenTurn};
use super::tool_injection::ToolInjection;
use super::traverse::Traversal;
use super::{RequestReport, RequestRewriter};

/// The API that is spoken over WebSockets.
const API: &dyn Api = RESPONSES;

/// What came before a message.
#[derive(Debug, Default)]
pub(crate) struct Past {
    /// Items as the client knows them, with commas between them.
    pub(crate) items: Vec<u8>,
    /// Whether more came before them, which isn't known.
    pub(crate) is_partial: bool,
    /// The rounds of the last turn, if intercepted calls stand beside the client's own in the last one:
    /// their results come with the client's.
    pub(crate) open: Vec<Round>,
    /// The id of the last response at the provider, if the client knows it by another.
    pub(crate) actual_id: Option<String>,
    /// Whether the provider's conversation has a call that nobody will answer, so that it can't be gone on
    /// from: it is sent again as the client knows it.
    pub(crate) is_unusable: bool,
}

/// A message that was rewritten.
pub(crate) struct RewrittenMessage {
    /// The message to be sent.
    pub(crate) message: Bytes,
    /// What was done, and to be done in the conversation as a whole.
    pub(crate) report: RequestReport,
    /// The state for answering the model's calls, where it has the retrieval tool.
    pub(crate) turn: Option<OpenTurn>,
    /// What came before it.
    pub(crate) past: Past,
    /// What is new in it: items with commas between them.
    pub(crate) items: Vec<u8>,
}

impl RequestRewriter {
    /// Rewrites a message that asks for a response; `None` for any other, which goes on as it is. `past`
    /// gives what came before the response with an id, or before the first one.
    pub(crate) fn rewrite_message(
        &self,
        message: &Bytes,
        past: impl FnOnce(Option<&str>) -> Past,
    ) -> Option<RewrittenMessage> {
        let index = scan(message).ok()?;
        let create = Create::read(index.root())?;
        let past = past(create.previous().as_deref());
        let Whole { body, place } = create.whole(message, &past.items, past.is_partial).ok()?;
        let body = Bytes::from(body);
        let (of_whole, continuation) = self.recent.scan(&body).ok()?;
        let request = read(API, &of_whole)?;
        let traversal = self.traverse(&request, Some(&continuation));
        let mut report = RequestReport::of(&traversal, self.settings.log_messages);
        report.stream = true;
        report.held_out = report.conversation.is_some_and(|id| self.is_held_out(id));
        let is_left = !self.settings.optimize || report.held_out;
        let items = create.items();
        if is_left {
            return Some(RewrittenMessage {
                message: message.clone(),
                report,
                turn: None,
                past,
                items,
            });
        }
        let (edits, is_intercepting) = self.edits_of(&traversal, past.is_partial, &mut report);
        let sent = match past.is_unusable && !past.is_partial {
            true => edits.apply(&body),
            false => {
                let edits = edits.moved(|range| place.in_message(range));
                self.of_message(&create, edits, &traversal, &past).apply(message)
            }
        };
        // Edits of distinct values of one text never overlap.
        let sent = sent.map_or_else(|_| message.clone(), Bytes::from);
        let turn = is_intercepting.then(|| {
            let turn = OpenTurn::new(&request, body.clone(), Edits::default(), traversal.end());
            turn.over_socket(sent.clone(), past.is_partial)
        });
        Some(RewrittenMessage { message: sent, report, turn, past, items })
    }

    /// What is changed in the whole conversation, and whether the model may have the retrieval tool.
    fn edits_of(
        &self,
        traversal: &Traversal<'_>,
        is_partial: bool,
        report: &mut RequestReport,
    ) -> (Edits, bool) {
        let request = traversal.request;
        let mut edits = traversal.edits();
        let mut is_intercepting = traversal.injection == ToolInjection::Injected;
        if is_intercepting {
            self.inject(traversal, &mut edits, report);
        } else if is_partial && !self.settings.lossless {
            if ToolInjection::was_likely(request) {
                let place = request.tool_position();
                request.insert_tool(place, &API.tool_definition(&TOOL), &mut edits);
            }
            // The tools may be in the part that isn't known.
            is_intercepting = ToolInjection::may_have_been(request);
        }
        // What is said before anything is said would hold for every conversation with these tools.
        if !request.is_partial && !request.turns.is_empty() {
            self.remember_injection(traversal);
        }
        (edits, is_intercepting)
    }

    /// What is changed in the message itself: `edits`, its part of what is changed in the whole, and what
    /// the provider is still to be told of the last turn.
    fn of_message(
        &self,
        create: &Create<'_>,
        mut edits: Edits,
        traversal: &Traversal<'_>,
        past: &Past,
    ) -> Edits {
        if !past.open.is_empty() {
            let mut rounds = past.open.clone();
            self.pin_results(traversal, &mut rounds);
            let mut retrieve = self.retriever(traversal, &rounds);
            if let Some(last) = rounds.last() {
                create.put_first(&replay::results(API, last, &mut retrieve), &mut edits);
            }
        }
        if let (Some(_), Some(actual)) = (create.previous(), &past.actual_id) {
            create.set_previous(actual, &mut edits);
        }
        edits
    }

    /// The message that asks for another round of a turn: the results of the last round's calls. `None`
    /// when no tokens are left for it, or the provider gave the last response no id.
    pub(super) fn next_message(
        &self,
        turn: &OpenTurn,
        request: &Request<'_>,
        rounds: &mut [Round],
        limit: Option<u64>,
    ) -> Option<NextRound> {
        let (sent, id) = turn.sent_message()?;
        let traversal = self.traverse(request, None);
        self.pin_results(&traversal, rounds);
        let rounds = &*rounds;
        let mut retrieve = self.retriever(&traversal, rounds);
        let mut failed = 0;
        let results = replay::results(API, rounds.last()?, &mut |call| {
            let result = retrieve(call);
            failed += usize::from(result.is_error);
            result
        });
        let index = scan(sent).ok()?;
        let next = Create::read(index.root())?.next(sent, (id, &results), limit).ok()?;
        Some(NextRound { body: next.into(), failed })
    }
}
