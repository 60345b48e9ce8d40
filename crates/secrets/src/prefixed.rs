//! Tokens that say what they are by a prefix which many issuers use: `acme_live_…`, `pat_…`, `apikey-…`.
//!
//! What follows must be long and mixed; prefixes of identifiers that aren't secret (`cus_…`, `pk_live_…`) are none of these.

use std::ops::Range;

use crate::search::{Begins, Keyword};
use crate::value;

pub(crate) const RULE: &str = "prefixed-token";

/// Prefixes at the beginning of a word or behind an issuer's name.
#[rustfmt::skip]
const PREFIXES: &[&str] = &[
    "sk_", "sk-", "pat_", "pat-", "apikey_", "apikey-", "api_key_", "api-key-", "api_", "api-", "secret_", "secret-", "token_", "token-",
    "tok_", "rk_", "ak_",
];
/// Prefixes behind an issuer's name only.
const BEHIND_NAMES: &[&str] = &["live_", "prod_", "key_"];
/// The shortest token behind a prefix, and the longest, in bytes. By hand: identifiers are shorter.
const SHORTEST: usize = 24;
const LONGEST: usize = 200;

/// The keywords of this detector, which count in long runs of token characters only.
pub(crate) fn keywords() -> impl Iterator<Item = Keyword> {
    PREFIXES.iter().chain(BEHIND_NAMES).map(|text| Keyword {
        text,
        has_case: true,
        begins: Begins::Part,
        is_in_run: true,
    })
}

/// The token behind the prefix at `hit`.
pub(crate) fn find(text: &str, hit: &Range<usize>) -> Option<Range<usize>> {
    let bytes = &text.as_bytes()[hit.end..text.len().min(hit.end + LONGEST)];
    let length = bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let range = hit.end..hit.end + length;
    let token = &text[range.clone()];
    let has = |is: fn(&u8) -> bool| token.bytes().any(|byte| is(&byte));
    let is_apart =
        !text[range.end..].starts_with(|c: char| c.is_alphanumeric() || "_-".contains(c));
    let (before, prefix) = (&text[..hit.start], &text[hit.clone()]);
    let is_behind_name = before
        .strip_suffix(['_', '-'])
        .is_some_and(|name| name.ends_with(|c: char| c.is_ascii_alphanumeric()));
    let begins_word = !before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let begins = is_behind_name || begins_word && PREFIXES.contains(&prefix);
    let is_published = before.ends_with("pk_") || before.ends_with("pk-");
    (length >= SHORTEST
        && is_apart
        && begins
        && !is_published
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_uppercase)
        && value::is_strong_token(token))
    .then_some(range)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Option<&str> {
        keywords().find_map(|keyword| {
            let at = text.find(keyword.text)?;
            find(text, &(at..at + keyword.text.len())).map(|range| &text[range])
        })
    }

    #[test]
    fn tokens_are_told_from_names_and_identifiers() {
        let token = "pLIix6MEOLeMa61EqJomTEI1JEzO3joO";
        for prefix in ["acme_live_", "pat_", "apikey-", "acme-api-", "shop_sk_", "token_"] {
            assert_eq!(found(&format!("use {prefix}{token} here")), Some(token), "{prefix}");
        }
        for other in [
            format!("pk_live_{token}"),
            "token_0123456789abcdef0123456789abcdef".to_owned(),
            "api_createOrganizationMembershipV2".to_owned(),
            "secret_abcdefghijklmnopqrstuvwxyz12345".to_owned(),
            format!("token_{token}_suffix"),
        ] {
            assert_eq!(found(&other), None, "{other}");
        }
    }
}
