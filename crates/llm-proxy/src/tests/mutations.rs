//! Mutated bodies through the server: the provider gets the same bytes, or the same but for the texts of
//! tool results.

use super::rewriting::masked;
use super::*;

/// Bodies of each API.
const BODIES: u64 = 10_000;

/// What is put into a body.
const BITS: [&str; 14] = [
    "\"",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "null",
    "1.0",
    "\\u0041",
    "\"content\"",
    "\u{e9}",
    "\"text\"",
    "\\",
];

/// A generator of numbers (Marsaglia's xorshift), the same each time.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides.max(1) as u64) as usize
    }
}

/// `body` with up to five mutations.
pub(super) fn mutated(mut body: Vec<u8>, dice: &mut Dice) -> Vec<u8> {
    for _ in 0..=dice.roll(5) {
        let at = dice.roll(body.len());
        let bit = BITS[dice.roll(BITS.len())].as_bytes();
        match dice.roll(5) {
            0 => drop(body.remove(at)),
            1 => drop(body.splice(at..at, bit.iter().copied())),
            2 => body[at] = bit[0],
            3 => body[at] = dice.roll(256) as u8,
            _ => {
                let end = (at + dice.roll(60)).min(body.len());
                let copy = body[at..end].to_vec();
                drop(body.splice(at..at, copy));
            }
        }
    }
    body
}

fn mutations(api: &'static dyn Api) {
    let got = Arc::new(Mutex::new(Vec::new()));
    let slot = got.clone();
    let provider = Provider::forgetful(move |request: &Received| {
        *slot.lock().unwrap() = request.body.clone();
        Reply::Whole { status: 200, headers: Vec::new(), body: b"{}".to_vec() }
    });
    let bench = Bench::with(Arc::new(provider), ReplayStore::in_memory(), None, |_| {});
    let given = conversation(api, &["a", "b"]).to_string().into_bytes();
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut same, mut smaller) = (0, 0);
    for _ in 0..BODIES {
        let body = mutated(given.clone(), &mut dice);
        let answer = bench.send(Method::POST, path(api), &KEY, &body);
        assert_eq!(answer.status, 200);
        let sent = std::mem::take(&mut *got.lock().unwrap());
        if sent == body {
            same += 1;
            continue;
        }
        smaller += 1;
        let before: Value = serde_json::from_slice(&body).unwrap();
        let after: Value = serde_json::from_slice(&sent).unwrap();
        let shown = String::from_utf8_lossy(&body);
        assert_eq!(masked(api, &before), masked(api, &after), "{shown}");
    }
    assert!(same > 1000 && smaller > 1000, "{same} as they came, {smaller} smaller");
}

#[test]
fn ten_thousand_bodies_of_messages() {
    mutations(MESSAGES);
}

#[test]
fn ten_thousand_bodies_of_chat() {
    mutations(CHAT);
}

#[test]
fn ten_thousand_bodies_of_responses() {
    mutations(RESPONSES);
}

#[test]
fn ten_thousand_bodies_of_gemini() {
    mutations(GEMINI);
}
