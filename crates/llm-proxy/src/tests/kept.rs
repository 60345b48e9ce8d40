//! Markers that another program of this project has written: what they name is in the store.

use testkit::provider::{ContentBlock, ModelTurn};

use super::retrieval::{ask, assert_prefix, bash, go_on, read, scripted, streams};
use super::*;

/// What a hook has left out of a command's output.
const KEPT: &str = "elsewhere";

fn store() -> Arc<Originals> {
    Arc::new(Originals::in_memory(blob_store::Bounds::default()))
}

/// A conversation with a result that a hook has compressed.
fn hooked(api: &'static dyn Api, stream: bool) -> Value {
    let mut body = conversation(api, &["a"]);
    body["stream"] = json!(stream);
    add_call(api, &mut body, "h");
    let marker = Marker {
        count: 34,
        what: "lines".to_owned(),
        reference: RetrievalReference::Hash(hash(&middle(KEPT))),
    };
    add_result(api, &mut body, "h", &format!("first line\n{marker}\nlast line\n"));
    body
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

#[test]
fn what_another_program_has_elided_is_answered_from_the_store_and_stays_answered() {
    for (api, stream) in streams() {
        let originals = store();
        originals.put(&middle(KEPT)).unwrap();
        let replay_store = ReplayStore::in_memory();
        let provider = scripted(vec![
            ModelTurn::new(
                "id_1",
                [ContentBlock::text("let me look "), ask("r1", KEPT), ask("r2", "a")],
            ),
            ModelTurn::new("id_2", [ContentBlock::text("found"), bash("c")]),
            ModelTurn::new("id_3", [ContentBlock::text("done")]),
        ]);
        let bench = Bench::with(provider.clone(), replay_store.clone(), Some(originals), |_| {});
        let mut body = hooked(api, stream);
        let turn = read(api, &bench.post(path(api), &body));
        let asked = bench.sent();
        let text = asked.to_string();
        assert!(text.contains(&quoted(&middle(KEPT))) && text.contains(&quoted(&middle("a"))));
        let heard = bench.heard.all();
        assert_eq!((heard[0].retrievals, heard[0].retrievals_failed), (2, 0));

        // After a restart, with a store that has dropped it.
        let later = Bench::with(provider, replay_store, Some(store()), |_| {});
        go_on(api, &mut body, &turn, "c");
        later.post(path(api), &body);
        assert_prefix(api, &asked, &later.sent());
        assert_eq!(later.heard.all()[0].replayed, 1);
    }
}

#[test]
fn a_call_beside_the_clients_own_gets_the_same_each_time() {
    for (api, stream) in streams() {
        for is_kept in [true, false] {
            let originals = store();
            if is_kept {
                originals.put(&middle(KEPT)).unwrap();
            }
            let replay_store = ReplayStore::in_memory();
            let provider = scripted(vec![
                ModelTurn::new("id_1", [ContentBlock::text("both "), ask("r1", KEPT), bash("c")]),
                ModelTurn::new("id_2", [ContentBlock::text("more "), bash("d")]),
                ModelTurn::new("id_3", [ContentBlock::text("done")]),
            ]);
            let start = |originals| {
                Bench::with(provider.clone(), replay_store.clone(), Some(originals), |_| {})
            };
            let bench = start(originals);
            let mut body = hooked(api, stream);
            let turn = read(api, &bench.post(path(api), &body));
            go_on(api, &mut body, &turn, "c");
            let turn = read(api, &bench.post(path(api), &body));
            let sent = bench.sent();
            let says = if is_kept { quoted(&middle(KEPT)) } else { "not in this".to_owned() };
            assert!(sent.to_string().contains(&says));

            // What the store holds later makes no difference.
            let other = store();
            if !is_kept {
                other.put(&middle(KEPT)).unwrap();
            }
            go_on(api, &mut body, &turn, "d");
            let later = start(other);
            later.post(path(api), &body);
            assert_prefix(api, &sent, &later.sent());
        }
    }
}

#[test]
fn the_first_digits_are_enough_in_the_store_too() {
    let originals = store();
    originals.put(&middle(KEPT)).unwrap();
    for (digits, is_found) in [(12, true), (24, true), (11, false)] {
        let given = json!({"hash": hash(&middle(KEPT))[..digits]});
        let provider = scripted(vec![
            ModelTurn::new("id_1", [ContentBlock::call("r1", "headroom_retrieve", &given)]),
            ModelTurn::new("id_2", [ContentBlock::text("ok")]),
        ]);
        let replay_store = ReplayStore::in_memory();
        let bench = Bench::with(provider, replay_store, Some(originals.clone()), |_| {});
        bench.post("/v1/messages", &hooked(MESSAGES, false));
        assert_eq!(bench.sent().to_string().contains(&quoted(&middle(KEPT))), is_found);
    }
}
