//! The issuers of a request's credentials, as far as their format tells. Credentials are passed on;
//! none is kept, compared with another, or shown.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use llm_api::provider::Company;

/// Headers that clients of one company's API send, beside those that hold keys.
const NAMES: [(&str, Company); 9] = [
    ("anthropic-version", Company::Anthropic),
    ("anthropic-beta", Company::Anthropic),
    ("x-api-key", Company::Anthropic),
    ("openai-organization", Company::OpenAi),
    ("openai-project", Company::OpenAi),
    ("openai-beta", Company::OpenAi),
    ("chatgpt-account-id", Company::OpenAi),
    ("x-goog-api-client", Company::Google),
    ("x-goog-user-project", Company::Google),
];

/// How keys and tokens begin of which one knows who issued them, as the companies' documentation
/// shows them.
const PREFIXES: [(&str, Company); 7] = [
    ("sk-ant-", Company::Anthropic),
    ("sk-proj-", Company::OpenAi),
    ("sk-svcacct-", Company::OpenAi),
    ("sk-admin-", Company::OpenAi),
    ("AIza", Company::Google),
    ("AQ.", Company::Google),
    ("ya29.", Company::Google),
];

/// Headers that hold a key; Azure's OpenAI service takes `api-key`.
const KEYS: [&str; 3] = ["x-api-key", "api-key", GOOGLE_KEY];
const GOOGLE_KEY: &str = "x-goog-api-key";

/// Parameters of a query that hold a key; only Google's APIs take one there.
const PARAMETERS: [&str; 2] = ["key", "access_token"];

/// The credentials of a request: whether there are any, and whose.
#[derive(Debug, Default)]
pub(crate) struct Credentials {
    is_any: bool,
    /// Who issued them, as far as one can tell.
    issuers: Vec<Company>,
    /// Those, and those whose clients send such headers.
    named: Vec<Company>,
}

impl Credentials {
    pub(crate) fn of(head: &Parts) -> Self {
        let mut found = Credentials::default();
        if head.headers.contains_key(GOOGLE_KEY) {
            found.issued(Company::Google);
        }
        for pair in head.uri.query().unwrap_or_default().split('&') {
            if let Some((name, value)) = pair.split_once('=')
                && PARAMETERS.contains(&name)
                && !value.is_empty()
            {
                found.is_any = true;
                add(&mut found.named, Company::Google);
                found.issuers.extend(issuer(value));
            }
        }
        found.look_at(&head.headers);
        found
    }

    fn look_at(&mut self, headers: &HeaderMap) {
        let keys = KEYS.iter().flat_map(|name| headers.get_all(*name));
        for value in headers.get_all(AUTHORIZATION).iter().chain(keys) {
            self.is_any = true;
            if let Some(company) = value.to_str().ok().and_then(issuer) {
                self.issued(company);
            }
        }
        for (name, company) in NAMES {
            if headers.contains_key(name) {
                add(&mut self.named, company);
            }
        }
    }

    fn issued(&mut self, company: Company) {
        self.issuers.push(company);
        add(&mut self.named, company);
    }

    /// Whether there are any.
    pub(crate) fn is_any(&self) -> bool {
        self.is_any
    }

    /// Whose they are, and whose headers come with them; each once.
    pub(crate) fn named(&self) -> &[Company] {
        &self.named
    }

    /// Whether one is known to be of another company.
    pub(crate) fn has_foreign(&self, company: Company) -> bool {
        self.issuers.iter().any(|issuer| *issuer != company)
    }
}

fn add(companies: &mut Vec<Company>, company: Company) {
    if !companies.contains(&company) {
        companies.push(company);
    }
}

/// Who issued a key or token; `None` where one can't tell.
fn issuer(value: &str) -> Option<Company> {
    let value = value.trim();
    let token = match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim_start(),
        Some(_) => return None,
        None => value,
    };
    PREFIXES.iter().find(|(prefix, _)| token.starts_with(prefix)).map(|(_, company)| *company)
}
