//! What a request becomes before it goes on: `f` over its blocks in the provider's order, hidden
//! calls put back, the retrieval tool appended. All of it computes or reads small files, and waits
//! for nothing else.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use compress::earlier::Earlier;
use compress::{Kind, Provider, Retrieval};
use json_index::scan;
use llm_api::Api;
use llm_api::replay::{self, CallResult};
use llm_api::request::{Block, Request, Role, read};
use llm_api::response::{InterceptedCall, Round};
use llm_api::retrieval;
use llm_api::splice::Edits;
use metrics::BlockTexts;
use originals::Originals;

use super::block::{self, Context, Shortened};
use super::offer::{Offer, may_stay, offer};
use super::records::{self, RecordKey, Records};
use super::{Settings, task, tool};
use crate::cache::{Cache, Key, Weigh};

/// The version of what requests become. Replicas that serve one conversation need the same.
pub const COMPRESSION_VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "/4");

/// Rounds of one turn in which calls are answered; the next one gets an error, and then the turn
/// is closed.
pub(super) const MOST_ROUNDS: usize = 8;

/// Bytes for which a token is counted where counting isn't worth its time.
const BYTES_OF_A_TOKEN: usize = 4;

/// Tokens of an answer that are to be left beside those for thinking.
const LEAST_AFTER_THINKING: u64 = 1024;

/// Works out what requests become.
pub(super) struct Planner {
    cache: Cache<Known>,
    records: Arc<dyn Records>,
    originals: Option<Arc<Originals>>,
    compressor: Box<dyn Provider + Send + Sync>,
    settings: Settings,
}

/// What was worked out before.
#[derive(Clone)]
enum Known {
    Block(Arc<Shortened>),
    Original(Arc<str>),
    /// What was hidden in a turn; `None` where nothing was.
    Turn(Option<Arc<[Round]>>),
    /// Something was hidden in a turn with these calls.
    Calls,
    /// What was offered in a conversation up to here: the place of the tool that was appended, among
    /// the client's; `None` where none was.
    Offered(Option<usize>),
}

impl Weigh for Known {
    fn weight(&self) -> usize {
        let given = |intercepted: &InterceptedCall| {
            intercepted.result.as_ref().map_or(0, |given| given.text.len())
        };
        let round = |round: &Round| {
            round.content.len() + 64 + round.intercepted.iter().map(given).sum::<usize>()
        };
        match self {
            Known::Block(block) => block.weight(),
            Known::Original(text) => text.len(),
            Known::Turn(rounds) => rounds.iter().flat_map(|rounds| rounds.iter()).map(round).sum(),
            Known::Calls | Known::Offered(_) => 0,
        }
    }
}

/// What a request became.
pub(super) struct Plan {
    /// The body to be sent.
    pub(super) sent: Bytes,
    /// What was done.
    pub(super) report: Report,
    /// What is needed to answer the model's calls, where the tool was appended.
    pub(super) turn: Option<Turn>,
}

impl Plan {
    /// A body that goes on as it is.
    pub(super) fn untouched(sent: Bytes, reason: &'static str) -> Self {
        Plan { sent, report: Report { reason: Some(reason), ..Report::default() }, turn: None }
    }
}

/// What was done to a request, in figures.
#[derive(Debug, Clone, Default)]
pub(super) struct Report {
    pub(super) model: Option<String>,
    pub(super) stream: bool,
    /// The conversation: a hash of its first block.
    pub(super) conversation: Option<[u8; 8]>,
    /// Tokens of the blocks that may change, before and after.
    pub(super) before: usize,
    pub(super) after: usize,
    /// Tokens that are added beside them, or would be: an estimate.
    pub(super) added: usize,
    pub(super) blocks: Vec<Line>,
    pub(super) transforms: Vec<Box<str>>,
    pub(super) failures: usize,
    pub(super) redacted: usize,
    /// Turns into which intercepted calls were put back, and turns where that failed.
    pub(super) replayed: usize,
    pub(super) replay_missing: usize,
    /// Why nothing was changed, or nothing could be left out.
    pub(super) reason: Option<&'static str>,
    /// Whether the conversation is one of those left alone for comparison.
    pub(super) held_out: bool,
}

/// One block in a report.
#[derive(Debug, Clone)]
pub(super) struct Line {
    /// The tool whose result it is; empty for what a user pasted.
    pub(super) tool: Box<str>,
    pub(super) kind: Option<Kind>,
    pub(super) before: usize,
    pub(super) after: usize,
    pub(super) reason: Option<&'static str>,
    /// Whether it is new: not in the request before, as far as this process knows.
    pub(super) is_new: bool,
    /// Whether it is after the model's last turn.
    pub(super) is_last: bool,
    /// What it says, where that is asked for.
    pub(super) texts: Option<Box<BlockTexts>>,
}

/// A turn of the model that may take several rounds.
pub(super) struct Turn {
    pub(super) api: &'static dyn Api,
    body: Bytes,
    edits: Edits,
    /// What identifies everything before the turn.
    before: Key,
    /// Whether the provider keeps the answer.
    pub(super) is_stored: bool,
    limit: Option<(Range<usize>, u64)>,
    thinking: Option<u64>,
}

/// The next round of a turn.
pub(super) struct Again {
    /// The body to be sent.
    pub(super) body: Bytes,
    /// Calls of the last round that got an error.
    pub(super) vain: usize,
}

/// How much another round of a turn may say.
enum Limit {
    /// As the client limits the whole turn.
    AsGiven,
    /// So many tokens.
    Lowered(u64),
    /// Nothing is left.
    Spent,
}

/// The blocks of a request with what they became.
struct Walk<'t> {
    request: &'t Request<'t>,
    offer: Offer,
    /// How many of the client's tools the appended one stands behind.
    place: usize,
    shortened: Vec<(usize, Arc<Shortened>, bool)>,
    /// For each turn what identifies everything before it, and one more for the end.
    before: Vec<Key>,
}

/// What the model was shown of the results so far, read only when a block is new.
#[derive(Default)]
struct Shown {
    earlier: Earlier,
    /// How many of the blocks are in it.
    added: usize,
}

impl Shown {
    /// What `blocks` show; none where the provider may drop some of them.
    fn of(
        &mut self,
        request: &Request<'_>,
        blocks: &[(usize, Arc<Shortened>, bool)],
    ) -> Option<&Earlier> {
        if request.may_drop || request.is_partial {
            return None;
        }
        for (at, shortened, _) in &blocks[self.added..] {
            let block = &request.blocks[*at];
            let id = block.tool_result.as_ref().and_then(|result| result.id.as_deref());
            // A result of several texts has no lines that one could count.
            if let (Some(id), [value]) = (id, &block.texts[..]) {
                let sent = shortened.texts.first().and_then(Option::as_deref);
                let text = match sent {
                    Some(sent) => serde_json::from_slice(sent).ok(),
                    None => value.text().map(|text| text.into_owned()),
                };
                self.earlier.add(id, text.unwrap_or_default());
            }
        }
        self.added = blocks.len();
        Some(&self.earlier)
    }
}

impl Planner {
    pub(super) fn new(
        settings: Settings,
        records: Arc<dyn Records>,
        originals: Option<Arc<Originals>>,
        compressor: Box<dyn Provider + Send + Sync>,
    ) -> Self {
        let cache = Cache::new(settings.cache_bytes);
        Planner { cache, records, originals, compressor, settings }
    }

    /// Plans a request of `api`. A body that isn't understood goes on as it is.
    pub(super) fn plan(&self, api: &'static dyn Api, body: &Bytes) -> Plan {
        let untouched = |report: Report| Plan { sent: body.clone(), report, turn: None };
        let Ok(index) = scan(body) else {
            return Plan::untouched(body.clone(), "not readable as JSON");
        };
        let Some(request) = read(api, &index) else {
            return Plan::untouched(body.clone(), "no conversation");
        };
        let walk = self.walk(&request);
        let mut report = walk.report(self.settings.log_messages);
        report.held_out = report.conversation.is_some_and(|id| self.is_held_out(id));
        if !self.settings.optimize || report.held_out {
            return untouched(report);
        }
        let mut edits = Edits::default();
        for (at, shortened, _) in &walk.shortened {
            for (value, text) in request.blocks[*at].texts.iter().zip(&shortened.texts) {
                if let Some(text) = text {
                    edits.replace(value.range(), &**text);
                }
            }
        }
        if walk.offer == Offer::Append {
            request.insert_tool(walk.place, &api.tool_definition(&retrieval::TOOL), &mut edits);
            let before = edits.added();
            self.restore(&walk, &mut edits, &mut report);
            report.added += (edits.added() - before) / BYTES_OF_A_TOKEN;
        }
        self.remember_offer(&walk);
        if edits.is_empty() {
            return untouched(report);
        }
        // Edits of distinct values of one text never overlap.
        let Ok(sent) = edits.apply(body) else { return untouched(report) };
        let turn = (walk.offer == Offer::Append).then(|| Turn {
            api,
            body: body.clone(),
            edits,
            before: walk.end(),
            is_stored: request.is_stored,
            limit: request.output_limit.and_then(|limit| Some((limit.range(), limit.unsigned()?))),
            thinking: request.thinking_budget,
        });
        Plan { sent: sent.into(), report, turn }
    }

    /// What the blocks of a request become that may change, by their places.
    pub(super) fn shortened_blocks(&self, request: &Request<'_>) -> Vec<(usize, Arc<Shortened>)> {
        let walk = self.walk(request);
        walk.shortened.into_iter().map(|(at, shortened, _)| (at, shortened)).collect()
    }

    /// What each block that may change becomes, and the chain of hashes that says what is before it.
    fn walk<'t>(&self, request: &'t Request<'t>) -> Walk<'t> {
        let prints: Vec<Key> = request.blocks.iter().map(fingerprint).collect();
        let before = before_turns(request, &prints);
        let (offer, place) = match self.offered_before(request, &before) {
            Some(place) if may_stay(request) => (Offer::Append, place),
            _ => (offer(request), request.tool_position()),
        };
        let mut prefix = self.seed(request, offer);
        let mut shown = Shown::default();
        let mut shortened = Vec::new();
        for (at, block) in request.blocks.iter().enumerate() {
            let key = chain(&prefix, &prints[at]);
            if block::may_change(block) {
                let (found, is_new) = match self.cache.get(&key) {
                    Some(Known::Block(known)) => (known, false),
                    _ => {
                        let context = Context {
                            earlier: shown.of(request, &shortened),
                            same: same(request, at, &shortened),
                            ..self.context(request, at, offer, &shortened)
                        };
                        (self.shorten(request, at, offer, context, key), true)
                    }
                };
                shortened.push((at, found, is_new));
            }
            prefix = key;
        }
        Walk { request, offer, place, shortened, before }
    }

    /// The place of the tool that was appended to the last request that this one continues; `None`
    /// where none was, or where that isn't known any more. Of two conversations that begin with the
    /// same words, the one with these tools counts, and no tools have changed before the model spoke.
    fn offered_before(&self, request: &Request<'_>, before: &[Key]) -> Option<usize> {
        let tools = names_of_tools(request);
        let at = |before: &Key, which: &[u8]| match self.cache.get(&chain(before, which)) {
            Some(Known::Offered(place)) => Some(place),
            _ => None,
        };
        let (end, earlier) = before.split_last()?;
        let of_earlier = |before| at(before, &tools).or_else(|| at(before, b"offered"));
        at(end, &tools).or_else(|| earlier.iter().rev().find_map(of_earlier)).flatten()
    }

    /// Remembers what is offered up to the end of a request that is about to be sent.
    fn remember_offer(&self, walk: &Walk<'_>) {
        let place = (walk.offer == Offer::Append).then_some(walk.place);
        let tools = names_of_tools(walk.request);
        self.cache.put(chain(&walk.end(), &tools), Known::Offered(place));
        if place.is_some() {
            self.cache.put(chain(&walk.end(), b"offered"), Known::Offered(place));
        }
    }

    /// What the result for a block depends on beside the blocks before it.
    fn seed(&self, request: &Request<'_>, offer: Offer) -> Key {
        let offer = match offer {
            Offer::Append => 0,
            Offer::Client => 1,
            Offer::Nothing(_) => 2,
        };
        let flags = [self.settings.redact_secrets, request.may_drop, request.is_partial];
        let settings = [&[request.api.id(), offer][..], &flags.map(u8::from)].concat();
        chain(blake3::hash(COMPRESSION_VERSION.as_bytes()).as_bytes(), &settings)
    }

    /// Works out what the block at `at` becomes.
    fn shorten(
        &self,
        request: &Request<'_>,
        at: usize,
        offer: Offer,
        context: Context<'_>,
        key: Key,
    ) -> Arc<Shortened> {
        let block = &request.blocks[at];
        let mut shortened = block::shorten(block, &context);
        // What an earlier block left out is kept already.
        let is_kept = context.same.is_some_and(|same| same.gaps == shortened.gaps);
        if offer == Offer::Client && !is_kept && !self.keep(request, at, &context, &shortened) {
            // What can't be kept can't be asked for, so nothing is left out.
            let failures = shortened.failures + 1;
            let reversible = Context { retrieval: Retrieval::None, ..context };
            shortened = Shortened { failures, ..block::shorten(block, &reversible) };
        }
        let shortened = Arc::new(shortened);
        self.cache.put(key, Known::Block(shortened.clone()));
        shortened
    }

    /// What is known of the block at `at`, before which `shortened` are.
    fn context(
        &self,
        request: &Request<'_>,
        at: usize,
        offer: Offer,
        shortened: &[(usize, Arc<Shortened>, bool)],
    ) -> Context<'_> {
        let retrieval = match offer {
            Offer::Append | Offer::Client => Retrieval::Offered,
            Offer::Nothing(_) => Retrieval::None,
        };
        let task = task::task(&request.blocks[..at]);
        let before = tokens_before(request, at, shortened);
        let redact = self.settings.redact_secrets;
        Context {
            compressor: &*self.compressor,
            task,
            before,
            retrieval,
            redact,
            earlier: None,
            same: None,
        }
    }

    /// Keeps what was left out of a block for a reader that doesn't ask this request.
    fn keep(
        &self,
        request: &Request<'_>,
        at: usize,
        context: &Context<'_>,
        shortened: &Shortened,
    ) -> bool {
        let Some(originals) = &self.originals else { return shortened.gaps.is_empty() };
        shortened.gaps.iter().all(|hash| {
            let original = block::original(&request.blocks[at], context, hash);
            original.is_some_and(|original| originals.put(&original).is_ok())
        })
    }

    /// Puts intercepted calls back into the model's turns.
    fn restore(&self, walk: &Walk<'_>, edits: &mut Edits, report: &mut Report) {
        let request = walk.request;
        let turns =
            (0..request.turns.len()).filter(|at| request.turns[*at].role == Role::Assistant);
        let names: Vec<_> = turns.map(|at| (at, walk.name(at))).collect();
        let found = self.intercepted(&names);
        for ((at, name), rounds) in names.iter().zip(found) {
            let Some(rounds) = rounds else {
                report.replay_missing += usize::from(self.is_known(name));
                continue;
            };
            let mut given = self.giver(walk, &rounds);
            if replay::restore(request, *at, &rounds, &mut given, edits) {
                report.replayed += 1;
            } else {
                report.replay_missing += 1;
            }
        }
    }

    /// What was hidden in the turns of these names.
    fn intercepted(&self, names: &[(usize, Name)]) -> Vec<Option<Arc<[Round]>>> {
        let mut found: Vec<_> = names.iter().map(|(_, name)| self.cache.get(&name.key.0)).collect();
        let unknown: Vec<usize> = (0..names.len()).filter(|at| found[*at].is_none()).collect();
        let keys: Vec<RecordKey> = unknown.iter().map(|at| names[*at].1.key).collect();
        // A store that can't be asked is as if it held nothing, but that isn't remembered.
        let stored = if keys.is_empty() { Ok(Vec::new()) } else { self.records.get(&keys) };
        for (at, record) in unknown.into_iter().zip(stored.unwrap_or_default()) {
            let rounds = record.as_deref().and_then(records::read).map(Arc::from);
            let known = Known::Turn(rounds);
            self.cache.put(names[at].1.key.0, known.clone());
            found[at] = Some(known);
        }
        let rounds = |known| if let Some(Known::Turn(rounds)) = known { rounds } else { None };
        found.into_iter().map(rounds).collect()
    }

    /// Whether something was hidden in a turn with the same calls, whatever was before it.
    fn is_known(&self, name: &Name) -> bool {
        name.calls.is_some_and(|calls| matches!(self.cache.get(&calls), Some(Known::Calls)))
    }

    /// Answers intercepted calls from the request.
    fn giver<'w>(
        &'w self,
        walk: &'w Walk<'_>,
        rounds: &[Round],
    ) -> impl FnMut(&InterceptedCall) -> CallResult + 'w {
        let late = rounds.iter().skip(MOST_ROUNDS).flat_map(|round| &round.intercepted);
        let late: HashSet<String> = late.map(|hidden| hidden.id.clone()).collect();
        move |hidden| {
            if late.contains(&hidden.id) {
                return tool::too_many();
            }
            if let Some(given) = &hidden.result {
                return given.clone();
            }
            let Some(hash) = retrieval::hash(&hidden.input) else { return tool::not_a_hash() };
            match self.original(walk, &hash) {
                Some(text) => CallResult { text: text.to_string(), is_error: false },
                None => self.kept(&hash),
            }
        }
    }

    /// What another program of this project has left out under `hash` and kept: a hook, a command
    /// that was run through it, an MCP server.
    fn kept(&self, hash: &str) -> CallResult {
        match self.originals.as_ref().map(|originals| originals.get(hash)) {
            Some(Ok(Some(original))) => CallResult { text: original.text, is_error: false },
            Some(Err(originals::Error::Ambiguous(_))) => tool::ambiguous(),
            // A store that can't be asked is as if it held nothing.
            Some(Ok(None) | Err(_)) | None => tool::not_here(),
        }
    }

    /// Notes in `rounds` what their intercepted calls gave that this request doesn't hold. A store may have
    /// dropped it by the time of a later request, which has to hold the same.
    fn note_given(&self, walk: &Walk<'_>, rounds: &mut [Round]) {
        for hidden in rounds.iter_mut().flat_map(|round| &mut round.intercepted) {
            if hidden.result.is_none()
                && let Some(hash) = retrieval::hash(&hidden.input)
                && self.original(walk, &hash).is_none()
            {
                hidden.result = Some(self.kept(&hash));
            }
        }
    }

    /// What was left out of this request's blocks under `hash`, which may be its first digits.
    fn original(&self, walk: &Walk<'_>, hash: &str) -> Option<Arc<str>> {
        let holds = |shortened: &Shortened| {
            shortened.gaps.iter().find(|gap| gap.starts_with(hash)).cloned()
        };
        let (at, whole) =
            walk.shortened.iter().find_map(|(at, found, _)| Some((*at, holds(found)?)))?;
        let key = chain(blake3::hash(b"original").as_bytes(), whole.as_bytes());
        if let Some(Known::Original(text)) = self.cache.get(&key) {
            return Some(text);
        }
        let context = self.context(walk.request, at, walk.offer, &walk.shortened);
        let text: Arc<str> = block::original(&walk.request.blocks[at], &context, &whole)?.into();
        self.cache.put(key, Known::Original(text.clone()));
        Some(text)
    }

    /// Asks the provider again, with the results of all intercepted calls so far, of which those that the
    /// request doesn't hold are noted in `rounds`. `None` when no tokens are left for another round.
    /// `spent`: tokens of the answers so far.
    pub(super) fn again(&self, turn: &Turn, rounds: &mut [Round], spent: u64) -> Option<Again> {
        let index = scan(&turn.body).ok()?;
        let request = read(turn.api, &index)?;
        let walk = self.walk(&request);
        self.note_given(&walk, rounds);
        let rounds = &*rounds;
        let mark = turn.api.cache_mark(&request);
        let mut give = self.giver(&walk, rounds);
        let mut vain = 0;
        let mut exchanges = Vec::new();
        for (number, round) in rounds.iter().enumerate() {
            vain = 0;
            let mark = mark.filter(|_| number + 1 == rounds.len());
            exchanges.push(replay::exchange(turn.api, round, mark, &mut |hidden| {
                let given = give(hidden);
                vain += usize::from(given.is_error);
                given
            }));
        }
        let mut edits = turn.edits.clone();
        request.append(&exchanges.join(&b","[..]), &mut edits);
        match (turn.limit_after(spent), &turn.limit) {
            (Limit::Spent, _) => return None,
            (Limit::Lowered(left), Some((range, _))) => {
                edits.replace(range.clone(), left.to_string());
            }
            _ => {}
        }
        Some(Again { body: edits.apply(&turn.body).ok()?.into(), vain })
    }

    /// Keeps what was hidden in a turn that is about to be delivered.
    ///
    /// # Errors
    /// When the store can't keep it.
    pub(super) fn record(
        &self,
        turn: &Turn,
        mut rounds: Vec<Round>,
        ids: &[String],
        text: &str,
    ) -> std::io::Result<()> {
        self.note_given_in(turn, &mut rounds);
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let name = Name::new(&turn.before, &ids, text);
        if let Some(calls) = name.calls {
            self.cache.put(calls, Known::Calls);
        }
        let record = records::write(&rounds);
        self.cache.put(name.key.0, Known::Turn(Some(rounds.into())));
        self.records.put(&name.key, &record)
    }

    /// As [`note_given`](Self::note_given), for the calls of a round that no other one follows: the
    /// client's next request answers them.
    fn note_given_in(&self, turn: &Turn, rounds: &mut [Round]) {
        let is_open =
            |round: &Round| round.intercepted.iter().any(|hidden| hidden.result.is_none());
        if !rounds.last().is_some_and(is_open) {
            return;
        }
        if let Ok(index) = scan(&turn.body)
            && let Some(request) = read(turn.api, &index)
        {
            self.note_given(&self.walk(&request), rounds);
        }
    }

    fn is_held_out(&self, conversation: [u8; 8]) -> bool {
        let place = u64::from_le_bytes(conversation) as f64 / u64::MAX as f64;
        place < self.settings.holdout
    }
}

impl Turn {
    /// How much is left for another round of the client's limit, after `spent` tokens.
    fn limit_after(&self, spent: u64) -> Limit {
        let Some((_, limit)) = &self.limit else { return Limit::AsGiven };
        let left = limit.saturating_sub(spent);
        let least = match self.thinking {
            // The provider refuses a limit that thinking alone may reach.
            Some(budget) => budget.saturating_add(LEAST_AFTER_THINKING),
            None if left == 0 => return Limit::Spent,
            None => self.api.min_output_limit(),
        };
        if left >= least { Limit::Lowered(left) } else { Limit::AsGiven }
    }
}

impl Walk<'_> {
    fn end(&self) -> Key {
        self.before.last().copied().unwrap_or_default()
    }

    /// The name of the record of the turn at `at`.
    fn name(&self, at: usize) -> Name {
        let blocks = &self.request.blocks[self.request.turns[at].blocks.clone()];
        let ids: Vec<&str> =
            blocks.iter().flat_map(|block| &block.calls).map(|call| &*call.id).collect();
        let text = || -> String {
            blocks.iter().flat_map(|block| &block.texts).filter_map(|text| text.text()).collect()
        };
        let text = if ids.is_empty() { text() } else { String::new() };
        Name::new(&self.before[at], &ids, &text)
    }

    /// `shown`: whether it holds what the blocks say.
    fn report(&self, shown: bool) -> Report {
        let request = self.request;
        let said = request.turns.iter().rfind(|turn| turn.role == Role::Assistant);
        let said = said.map_or(0, |turn| turn.blocks.end);
        let first = request.turns.iter().find(|turn| turn.role != Role::Definition);
        let first = first.and_then(|turn| request.blocks.get(turn.blocks.start));
        let mut report = Report {
            model: request.model.as_deref().map(str::to_owned),
            stream: request.stream,
            conversation: first.map(|block| {
                let mut id = [0; 8];
                id.copy_from_slice(&fingerprint(block)[..8]);
                id
            }),
            reason: if let Offer::Nothing(reason) = self.offer { Some(reason) } else { None },
            added: if self.offer == Offer::Append { tool::tokens(request.api) } else { 0 },
            ..Report::default()
        };
        for (at, shortened, is_new) in &self.shortened {
            let mut line = report.add(request, *at, shortened);
            line.is_new = *is_new;
            line.is_last = *at >= said;
            if shown && *is_new {
                line.texts = Some(Box::new(block::texts(&request.blocks[*at], shortened)));
            }
            report.blocks.push(line);
        }
        report
    }
}

impl Report {
    /// Counts a block in, and gives its line.
    fn add(&mut self, request: &Request<'_>, at: usize, shortened: &Shortened) -> Line {
        self.before += shortened.before;
        self.after += shortened.after;
        self.failures += shortened.failures;
        self.redacted += shortened.redacted;
        for transform in &shortened.transforms {
            if !self.transforms.contains(transform) {
                self.transforms.push(transform.clone());
            }
        }
        let tool = match &request.blocks[at].tool_result {
            Some(result) => result.call.as_ref().map_or("unknown", |call| &call.name),
            None => "",
        };
        Line {
            tool: tool.into(),
            kind: shortened.kind,
            before: shortened.before,
            after: shortened.after,
            reason: shortened.reason,
            is_new: false,
            is_last: false,
            texts: None,
        }
    }
}

/// About how many tokens are sent before the block at `at`.
fn tokens_before(
    request: &Request<'_>,
    at: usize,
    shortened: &[(usize, Arc<Shortened>, bool)],
) -> usize {
    let mut shortened = shortened.iter().peekable();
    let tokens = request.blocks[..at].iter().enumerate().map(|(at, block)| {
        match shortened.next_if(|(known, ..)| *known == at) {
            Some((_, shortened, _)) => shortened.after,
            None => block.value.range().len() / BYTES_OF_A_TOKEN,
        }
    });
    tokens.sum()
}

/// What the first result among `blocks` became that says what the one at `at` does.
fn same<'s>(
    request: &Request<'_>,
    at: usize,
    blocks: &'s [(usize, Arc<Shortened>, bool)],
) -> Option<&'s Shortened> {
    let [value] = &request.blocks[at].texts[..] else { return None };
    let says_so = |block: &Block<'_>| match &block.texts[..] {
        [other] => block.role == Role::Tool && other.raw() == value.raw(),
        _ => false,
    };
    let (_, same, _) = blocks.iter().find(|(at, ..)| says_so(&request.blocks[*at]))?;
    Some(same)
}

/// What identifies a block.
fn fingerprint(block: &Block<'_>) -> Key {
    let mut hasher = blake3::Hasher::new();
    block.fingerprint(&mut |bytes| {
        hasher.update(bytes);
    });
    hasher.finalize().into()
}

/// For each turn what identifies everything that was said before it, and one more for the end.
/// `prints`: the blocks'. Tools are no part of it: clients load and drop them.
fn before_turns(request: &Request<'_>, prints: &[Key]) -> Vec<Key> {
    let mut said = chain(&[0; 32], &[request.api.id()]);
    let mut before = Vec::with_capacity(request.turns.len() + 1);
    for turn in &request.turns {
        before.push(said);
        for at in turn.blocks.clone() {
            if request.blocks[at].role != Role::Definition {
                said = chain(&said, &prints[at]);
            }
        }
    }
    before.push(said);
    before
}

/// A hash of the names of a request's tools.
fn names_of_tools(request: &Request<'_>) -> Key {
    let mut hasher = blake3::Hasher::new();
    for tool in &request.tools {
        hasher.update(tool.name.as_bytes());
        hasher.update(&[0, u8::from(tool.is_deferred)]);
    }
    hasher.finalize().into()
}

/// What a turn's record is found by.
struct Name {
    key: RecordKey,
    /// A hash of the calls alone.
    calls: Option<Key>,
}

impl Name {
    /// The name of a turn with these calls, or else with this text, after what `before` stands for.
    fn new(before: &Key, ids: &[&str], text: &str) -> Self {
        let own = if ids.is_empty() {
            format!("text\0{text}")
        } else {
            format!("ids\0{}", ids.join("\0"))
        };
        let own: Key = blake3::hash(own.as_bytes()).into();
        Name { key: RecordKey(chain(before, &own)), calls: (!ids.is_empty()).then_some(own) }
    }
}

/// The hash of what `before` stands for with `next` after it.
fn chain(before: &Key, next: &[u8]) -> Key {
    let mut hasher = blake3::Hasher::new();
    hasher.update(before);
    hasher.update(next);
    hasher.finalize().into()
}
