//! Other providers and gateways, by the paths and credentials that theirs have: each row of the table in
//! `docs/proxy.md`.

use testkit::provider::{ContentBlock, ModelTurn};

use super::retrieval::{ask, read};
use super::*;

/// Which of the addresses a provider is given by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Anthropic,
    OpenAi,
    Gemini,
}

use By::{Anthropic, Gemini, OpenAi};

/// A provider: its name, the option and the path of its address, the API and the path that a client asks
/// for, and the path that the provider is asked for.
type Row = (&'static str, By, &'static str, &'static dyn Api, &'static str, &'static str);

const CHAT_PATH: &str = "/v1/chat/completions";
const VERTEX: &str = "/v1/projects/p/locations/eu/publishers";

const ROWS: [Row; 19] = [
    (
        "Azure OpenAI, deployments",
        OpenAi,
        "/openai/deployments/gpt?api-version=2026-01-01",
        CHAT,
        CHAT_PATH,
        "/openai/deployments/gpt/chat/completions?api-version=2026-01-01",
    ),
    ("Azure OpenAI, v1", OpenAi, "/openai/v1", RESPONSES, "/v1/responses", "/openai/v1/responses"),
    (
        "Azure, Anthropic",
        Anthropic,
        "/anthropic",
        MESSAGES,
        "/v1/messages",
        "/anthropic/v1/messages",
    ),
    ("OpenRouter, chat", OpenAi, "/api/v1", CHAT, CHAT_PATH, "/api/v1/chat/completions"),
    ("OpenRouter, responses", OpenAi, "/api/v1", RESPONSES, "/v1/responses", "/api/v1/responses"),
    ("OpenRouter, messages", Anthropic, "/api", MESSAGES, "/v1/messages", "/api/v1/messages"),
    ("Ollama, chat", OpenAi, "/v1", CHAT, CHAT_PATH, CHAT_PATH),
    ("Ollama, messages", Anthropic, "", MESSAGES, "/v1/messages", "/v1/messages"),
    ("vLLM, chat", OpenAi, "/v1", CHAT, CHAT_PATH, CHAT_PATH),
    ("vLLM, responses", OpenAi, "", RESPONSES, "/v1/responses", "/v1/responses"),
    ("LM Studio, chat", OpenAi, "/v1", CHAT, CHAT_PATH, CHAT_PATH),
    ("z.ai, chat", OpenAi, "/api/paas/v4", CHAT, CHAT_PATH, "/api/paas/v4/chat/completions"),
    (
        "z.ai, coding plan",
        OpenAi,
        "/api/coding/paas/v4",
        CHAT,
        CHAT_PATH,
        "/api/coding/paas/v4/chat/completions",
    ),
    (
        "z.ai, messages",
        Anthropic,
        "/api/anthropic",
        MESSAGES,
        "/v1/messages",
        "/api/anthropic/v1/messages",
    ),
    ("Groq", OpenAi, "/openai/v1", CHAT, CHAT_PATH, "/openai/v1/chat/completions"),
    (
        "Gemini, as OpenAI",
        OpenAi,
        "/v1beta/openai",
        CHAT,
        CHAT_PATH,
        "/v1beta/openai/chat/completions",
    ),
    ("LiteLLM", Anthropic, "/gateway", MESSAGES, "/v1/messages", "/gateway/v1/messages"),
    ("Vertex AI, Gemini", Gemini, "", GEMINI, "google/models/g:generateContent", ""),
    ("Vertex AI, Anthropic", Gemini, "", MESSAGES, "anthropic/models/c:rawPredict", ""),
];

#[test]
fn every_provider_of_the_table_gets_less_and_answers_retrievals() {
    for (name, by, base, api, asked, expected) in ROWS {
        let is_vertex = expected.is_empty();
        let asked = if is_vertex { format!("{VERTEX}/{asked}") } else { asked.to_owned() };
        let expected = if is_vertex { asked.as_str() } else { expected };
        let provider = super::retrieval::scripted(vec![
            ModelTurn::new("id_1", [ask("r1", "a")]),
            ModelTurn::new("id_2", [ContentBlock::text("found")]),
        ]);
        let url = format!("{}{base}", provider.url());
        let bench = Bench::with(provider, ReplayStore::in_memory(), None, |settings| {
            let given = |which| (by == which).then_some(url.as_str());
            settings.targets =
                Targets::new(given(Anthropic), given(OpenAi), given(Gemini)).unwrap();
        });
        // Azure's own header, and the one that all others know.
        let credential = if name.starts_with("Azure") {
            ("api-key", "k")
        } else {
            ("authorization", "Bearer k")
        };
        let body = conversation(api, &["a"]).to_string();
        let got = bench.send(Method::POST, &asked, &[credential], body.as_bytes());
        assert_eq!(got.status, 200, "{name}");
        assert!(json!(read(api, &got)).to_string().contains("found"), "{name}");
        let received = bench.provider.received();
        assert_eq!(received.len(), 2, "{name}");
        for request in &received {
            assert_eq!(request.path, expected, "{name}");
            assert_eq!(request.header(credential.0), Some(credential.1), "{name}");
        }
        assert!(received[0].json().to_string().contains("left out"), "{name}");
    }
}

#[test]
fn what_is_signed_goes_on_as_it_is() {
    let bench = Bench::new(|_| Reply::Turn(ModelTurn::new("id_1", [ContentBlock::text("x")])));
    let body = conversation(MESSAGES, &["a"]).to_string();
    let signature = "AWS4-HMAC-SHA256 Credential=k/20260101/eu-west-1/bedrock/aws4_request, \
                     SignedHeaders=host;x-amz-date, Signature=0";
    let headers = [("authorization", signature), ("x-amz-date", "20260101T000000Z")];
    for path in ["/v1/messages", &format!("{VERTEX}/anthropic/models/c:rawPredict")] {
        let got = bench.send(Method::POST, path, &headers, body.as_bytes());
        assert_eq!(got.status, 200, "{path}");
        let received = bench.provider.received().pop().unwrap();
        assert_eq!(received.body, body.as_bytes(), "{path}");
        assert_eq!(received.header("authorization"), Some(signature), "{path}");
    }
}
