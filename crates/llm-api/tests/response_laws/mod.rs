//! What holds for every response of a provider: checked on what fuzzing found (`response_corpus.rs`), and by the fuzz
//! target itself.

use llm_api::framing::Framing;
use llm_api::replay::{CallResult, results};
use llm_api::response::{CloseReason, Relay, RoundEnd};
use llm_api::{APIS, Api};

/// The tool whose calls are kept from the client.
const TOOL: &str = "headroom_retrieve";

/// Takes the first byte for an API and how its response is read, the second for the length of the pieces in which a
/// stream comes, and the rest for the response: of as many rounds as zero bytes divide it into.
///
/// # Panics
/// When a law doesn't hold.
pub(crate) fn relay_lawfully(bytes: &[u8]) {
    let [first, length, response @ ..] = bytes else { return };
    let api = APIS[usize::from(*first) % APIS.len()];
    let is_stored = first & 4 != 0;
    let framing = [Framing::Events, Framing::JsonArray][usize::from(first & 8 != 0)];
    let rounds: Vec<&[u8]> = response.split(|byte| *byte == 0).take(4).collect();
    let whole = stream(api, is_stored, framing, &rounds, usize::MAX);
    let in_pieces = stream(api, is_stored, framing, &rounds, usize::from(*length).max(1));
    assert_eq!(text(&whole.0), text(&in_pieces.0), "pieces may end anywhere");
    assert_eq!(whole.1, in_pieces.1, "pieces may end anywhere");
    if let [round] = rounds[..] {
        let mut relay = Relay::new(api, TOOL, is_stored);
        relay.whole(round);
        let out = relay.close(CloseReason::AsGiven);
        let is_plain = relay.end() == Some(RoundEnd::Plain);
        let is_named = String::from_utf8_lossy(round).contains("headroom");
        if is_plain && !is_named && !round.contains(&b'\\') {
            assert_eq!(text(&out), text(round), "a response without the tool stays as it is");
        }
        for round in relay.rounds() {
            results(api, round, &mut |call| CallResult { text: call.id.clone(), is_error: false });
        }
        relay.usage_so_far();
    }
}

/// What the client sees of a streamed response, and how its rounds ended.
fn stream(
    api: &'static dyn Api,
    is_stored: bool,
    framing: Framing,
    rounds: &[&[u8]],
    length: usize,
) -> (Vec<u8>, Vec<Option<RoundEnd>>) {
    let mut relay = Relay::new(api, TOOL, is_stored).framed(framing);
    let (mut out, mut ends) = (Vec::new(), Vec::new());
    for (number, round) in rounds.iter().enumerate() {
        if number > 0 {
            relay.next_round();
        }
        for piece in round.chunks(length) {
            relay.push(piece, &mut out);
        }
        relay.finish(&mut out);
        ends.push(relay.end());
    }
    if relay.end().is_none() {
        relay.break_off();
    }
    relay.ids();
    out.extend(relay.close(CloseReason::TooManyRounds));
    relay.error_event(rounds.last().copied().unwrap_or_default(), "ended");
    (out, ends)
}

fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}
