//! Secrets assigned to a telling name, in whatever notation: `password = "…"`, `"apiKey": "…"`, `TOKEN=…`,
//! `<password>…</password>`, `const password string = "…"`, `process.env.PASSWORD || "…"`, `--password …`,
//! `# the old password was …`.
//!
//! The name alone is no proof: in code most such values are identifiers, types, labels or dummies.
//! So the value must look like a secret, the more so the less the context says ([`crate::value`]).
//!
//! - `name`: which names are those of secrets
//! - `place`: what stands before a name
//! - `reader`: the notations, from a name to its value; with `literal`, and `defaults` for names without one
//! - `prose`: values in sentences
//! - `apart`: values that stand apart from their names
//! - `key_bytes`: keys written byte by byte
//! - `nested`: the members of an object whose name is a plural
//! - `next_line`: values on a line of their own, below their names
//! - `table`: values below a name in a table, or in the values of an SQL statement

mod apart;
mod defaults;
mod key_bytes;
mod literal;
mod name;
mod nested;
mod next_line;
mod place;
mod prose;
mod reader;
mod table;

use std::ops::Range;

pub(crate) use key_bytes::{is_of_standard, wallet};
pub(crate) use name::{FOREIGN, KEYWORDS, Kind, is_telling};
use place::Place;
use reader::{Notation, Reader};

use crate::byte_set::ByteSet;
use crate::chosen::is_numbered_word;
use crate::{chosen, protected, value};

/// The longest name and the longest value, in bytes.
const LONGEST_NAME: usize = 80;
const LONGEST_VALUE: usize = 512;
/// The most secrets of one list behind the first.
const LONGEST_LIST: usize = 32;
/// What stands between a name and its secret, or begins it, and line ends.
const BEFORE_SECRETS: ByteSet = ByteSet::of(b"\"'`&0123456789\n\r");
/// The farthest that a value begins behind its name, in bytes: behind a declaration and a call.
const FARTHEST_VALUE: usize = 1024;
/// White space around a separator.
const WIDEST_GAP: usize = 32;

/// Adds the secrets assigned to the name around the keyword at `hit`: one, or those of a list. `runs` are the runs of
/// token characters of the text.
pub(crate) fn find(
    text: &str,
    runs: &[Range<usize>],
    hit: &Range<usize>,
    kind: Kind,
    found: &mut Vec<Range<usize>>,
) {
    let Some(name) = name::around(text, hit, kind) else { return };
    let before = found.len();
    if (may_be_followed_by_secret(&text[name.end..]) || is_in_brackets(text, &name))
        && let Some(kind) = kind_of_assigned(text, runs, &name, hit, kind)
    {
        add_assigned(text, &name, hit, kind, found);
    }
    if found.len() == before {
        table::find(text, &name, hit, kind, found);
    }
    if found.len() == before {
        nested::find(text, &name, hit, kind, found);
    }
    if found.len() == before {
        key_bytes::find(text, &name, hit, kind, found);
    }
    if found.len() == before {
        next_line::find(text, &name, hit, kind, found);
    }
}

/// The kind of what may be assigned to the name. Most keys are no secrets, so the whole name is looked at first, and what
/// follows; of others, only if they have a value that looks like a secret.
fn kind_of_assigned(
    text: &str,
    runs: &[Range<usize>],
    name: &Range<usize>,
    hit: &Range<usize>,
    kind: Kind,
) -> Option<Kind> {
    if kind != Kind::Key {
        return Some(kind);
    }
    let is_possible = |kind: &Kind| {
        *kind != Kind::OtherKey || may_be_followed_by_strong_token(text, runs, name.end)
    };
    name::kind_of(text, name, hit, kind).filter(is_possible)
}

/// Adds the secrets that are assigned to `name` on its right side.
fn add_assigned(
    text: &str,
    name: &Range<usize>,
    hit: &Range<usize>,
    kind: Kind,
    found: &mut Vec<Range<usize>>,
) {
    let place = Place::new(text, name.clone());
    let mut readings = Reader::new(text, name.end, &place).assigned().flatten();
    let value = readings.find_map(|value| {
        let range = trimmed(text, value.range);
        (looks_assigned(text, &range, value.notation, kind, name)
            && !protected::is_sealed(text, &range))
        .then_some(range)
    });
    // Most names are looked at no further, since no secret follows them.
    if let Some(range) = value
        && name::kind_of(text, name, hit, kind).is_some()
    {
        let more = more_of_list(text, &range, kind, name);
        found.push(range);
        found.extend(more);
    }
}

/// Whether there is a run of token characters with digits behind `at`, as far as any notation reaches. What is assigned
/// to most keys (`cache_key`, `sort_key`) is a secret only if it is such a run.
fn may_be_followed_by_strong_token(text: &str, runs: &[Range<usize>], at: usize) -> bool {
    let near = &runs[runs.partition_point(|run| run.end <= at)..];
    near.iter().take_while(|run| run.start < at + FARTHEST_VALUE).any(|run| {
        // A run may be as long as the text, and have a name in every few bytes.
        let part = run.start.max(at)..run.end.min(at + FARTHEST_VALUE + LONGEST_VALUE);
        let digits = text.as_bytes()[part].iter().filter(|byte| byte.is_ascii_digit());
        digits.count() >= value::FEWEST_DIGITS_OF_STRONG
    })
}

/// Whether a secret may follow a name: one has a digit or stands in quotes, or else it is not on the name's
/// line. Most names in programs end here, and most of those in JSON, which are of numbers.
fn may_be_followed_by_secret(rest: &str) -> bool {
    if is_member_with_number(rest) {
        return false;
    }
    let window = &rest.as_bytes()[..rest.len().min(LONGEST_NAME)];
    let at = window.iter().position(|byte| BEFORE_SECRETS.contains(*byte)).unwrap_or(window.len());
    match window.get(at) {
        Some(b'\n' | b'\r') => {}
        None if window.len() == rest.len() => {}
        _ => return true,
    }
    let line = window[..at].trim_ascii_end();
    line.last().is_none_or(|last| !(last.is_ascii_alphanumeric() || b");,".contains(last)))
        || ends_with_secret_without_digits(line)
}

/// Whether a name stands in brackets, perhaps behind its value: `… (password)`.
fn is_in_brackets(text: &str, name: &Range<usize>) -> bool {
    text[name.end..].starts_with([')', ',']) && text[..name.start].ends_with(" (")
}

/// Whether a line ends with letters in no order, with letters in both cases and a sign between them, or with words that
/// may be a secret together.
fn ends_with_secret_without_digits(line: &[u8]) -> bool {
    const SIGNS: ByteSet = ByteSet::of(b"!@#$%^*~?");
    let others = line.iter().rposition(|byte| !byte.is_ascii_alphabetic());
    let word = &line[others.map_or(0, |at| at + 1)..];
    // The cookie of Erlang's nodes.
    let is_cookie = word.len() == 20 && word.iter().all(u8::is_ascii_uppercase);
    if is_cookie
        || std::str::from_utf8(word).is_ok_and(value::is_scrambled)
        || has_secret_words(line)
    {
        return true;
    }
    let blank = line.iter().rposition(u8::is_ascii_whitespace);
    let word = &line[blank.map_or(0, |at| at + 1)..];
    let operator = word.iter().rposition(|byte| matches!(byte, b'=' | b':'));
    let group = &word[operator.map_or(0, |at| at + 1)..];
    if group.len() >= 9 && std::str::from_utf8(group).is_ok_and(chosen::is_pair_of_groups) {
        return true;
    }
    word.len() >= 8
        && word.iter().any(|byte| SIGNS.contains(*byte))
        && word.iter().any(u8::is_ascii_lowercase)
        && word.iter().any(u8::is_ascii_uppercase)
}

/// Whether a line has words that may be a secret together: several joined by a sign, four of four letters, twelve or more.
fn has_secret_words(line: &[u8]) -> bool {
    const OF_MNEMONIC: usize = 12;
    let is_small = |word: &&[u8]| match word {
        [first, rest @ ..] => {
            first.is_ascii_alphabetic() && rest.iter().all(u8::is_ascii_lowercase)
        }
        [] => true,
    };
    let words = || line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let is_joined = |word: &[u8]| {
        word.split(|byte| matches!(byte, b'-' | b'.' | b'=' | b':')).filter(is_small).count() >= 3
    };
    let groups = words().filter(|word| word.len() == 4).filter(is_small).count();
    let colon = memchr::memmem::rfind(line, b": ").map_or(line.len(), |at| at + 2);
    let behind_colon = line[colon..].split(u8::is_ascii_whitespace);
    groups >= 4
        || behind_colon.filter(is_small).count() >= 4
        || words().filter(is_small).count() >= OF_MNEMONIC
        || words().any(is_joined)
}

/// Whether a name is that of a JSON member with a number, perhaps in a string: `token_count": 17,`.
fn is_member_with_number(rest: &str) -> bool {
    let member = rest.strip_prefix('\\').unwrap_or(rest).strip_prefix("\":");
    member.is_some_and(|value| {
        let value = value.trim_start_matches(' ');
        let behind = value.trim_start_matches(|c: char| c.is_ascii_digit());
        behind.len() < value.len() && behind.starts_with([',', '}', ']'])
    })
}

fn looks_assigned(
    text: &str,
    range: &Range<usize>,
    notation: Notation,
    kind: Kind,
    name: &Range<usize>,
) -> bool {
    let (written, name) = (&text[range.clone()], &text[name.clone()]);
    let written = &*literal::without_continuations(written);
    is_secret(kind, notation, written, name)
        || value::unescaped(written).is_some_and(|meant| {
            // In patterns, signs are escaped, too.
            let is_pattern = meant.contains(['|', '(']);
            let is_literal =
                value::is_mixed_password(&meant) || value::is_noise(&meant) && !is_pattern;
            is_literal && is_secret(kind, notation, &meant, name)
                || kind == Kind::Password && value::is_mixed_literal(&meant)
        })
        || value::decoded_base64(written).or_else(|| value::decoded_hex(written)).is_some_and(
            |decoded| {
                !matches!(kind, Kind::Mnemonic | Kind::OtherKey)
                    && looks_secret(kind, &decoded, name)
            },
        )
}

/// The secrets behind the first one of a list: `TOKENS=a,b`, `["a", "b"]`.
fn more_of_list(
    text: &str,
    first: &Range<usize>,
    kind: Kind,
    name: &Range<usize>,
) -> Vec<Range<usize>> {
    let mut more = Vec::new();
    let mut end = first.end;
    while more.len() < LONGEST_LIST {
        let rest = &text[end..];
        let behind = rest.trim_start_matches(['"', '\'']);
        let item = behind.strip_prefix('\n').map(str::trim_ascii_start);
        let item = item.and_then(|item| item.strip_prefix("- "));
        let Some(next) = behind.strip_prefix(',').or(item) else { break };
        let next = next.trim_start().trim_start_matches(['"', '\'']);
        let start = text.len() - next.len();
        let length = next
            .bytes()
            .take(LONGEST_VALUE)
            .take_while(|byte| byte.is_ascii_graphic() && !b"\"',;)]}".contains(byte))
            .count();
        let range = start..start + length;
        let written = &text[range.clone()];
        if !(value::is_token(written) && looks_secret(kind, written, &text[name.clone()])) {
            break;
        }
        end = range.end;
        more.push(range);
    }
    more
}

/// The value assigned to the name around a provider's name at `hit`, if the whole name is one of a
/// secret: `ALGOLIA_ADMIN_KEY`. Whether the value has the provider's format is up to the caller.
pub(crate) fn assigned_to_provider(text: &str, hit: &Range<usize>) -> Option<Range<usize>> {
    let name = name::of_provider(text, hit)?;
    let place = Place::new(text, name.clone());
    let readings = Reader::new(text, name.end, &place).assigned();
    readings.into_iter().flatten().map(|value| value.range).next()
}

/// Without what isn't a part of it: quotes within quotes, ODBC's braces (`PWD={…}`), Spring's mark of a password that isn't
/// encoded (`{noop}…`), a key that is pressed behind it (`…{enter}`).
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let range = default_of_expansion(text, range.clone()).unwrap_or(range);
    let start = text[range.clone()]
        .strip_prefix("{noop}")
        .map_or(range.start, |_| range.start + "{noop}".len());
    let end = text[start..range.end]
        .strip_suffix("{enter}")
        .map_or(range.end, |typed| start + typed.len());
    // A process's next variable, as it is printed, and the marks of a difference between words.
    let next = text[start..end].find("^@").map(|zero| start + zero);
    let begins_name = |at: &usize| {
        let behind =
            text[at + 2..].trim_start_matches(|c: char| c.is_ascii_uppercase() || c == '_');
        behind.starts_with('=') || at + 2 == end
    };
    let end = next.filter(begins_name).unwrap_or(end);
    let range = match text[start..end].strip_prefix("[-").and_then(|rest| rest.strip_suffix("-]")) {
        Some(_) => start + 2..end - 2,
        None => start..end,
    };
    let written = &text[range.clone()];
    for quote in ["\\\"", "\\'", "'"] {
        let inner = written.strip_prefix(quote).and_then(|inner| inner.strip_suffix(quote));
        if let Some(inner) = inner.filter(|inner| !inner.is_empty()) {
            return range.start + quote.len()..range.start + quote.len() + inner.len();
        }
    }
    match written.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')) {
        // Maven's encrypted passwords are in braces, too.
        Some(inner)
            if inner.len() >= 6 && !inner.contains(['{', '}', ' ']) && !inner.ends_with('=') =>
        {
            range.start + 1..range.end - 1
        }
        _ => range,
    }
}

/// The default of a parameter or a variable that is all there is: `${1:-…}`.
fn default_of_expansion(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let inner = text[range.clone()].strip_prefix("${")?.strip_suffix('}')?;
    let name = inner.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let default = name.strip_prefix(":-").or_else(|| name.strip_prefix(":="))?;
    let is_literal = !default.is_empty() && !default.contains(['$', '{']);
    is_literal.then(|| range.end - 1 - default.len()..range.end - 1)
}

fn is_secret(kind: Kind, notation: Notation, written: &str, name: &str) -> bool {
    // A framework with the checksum of its sources, in a list of what is installed.
    let is_framework = name.ends_with("Auth") && is_sha1(written);
    if name::is_name_of_secret(written) || is_framework {
        return false;
    }
    match notation {
        Notation::Quoted => looks_secret(kind, written, name),
        Notation::Bare { certain } => looks_secret_unquoted(kind, written, name, certain),
        Notation::Neighbor => {
            looks_secret(kind, written, name)
                && !is_identifier(written)
                && (matches!(kind, Kind::Password | Kind::Mnemonic) || !may_be_abbreviated(written))
        }
        Notation::Prose => looks_secret_in_prose(kind, written, name),
    }
}

fn looks_secret(kind: Kind, value: &str, name: &str) -> bool {
    match kind {
        Kind::Password | Kind::Secret | Kind::Key if value::is_spaced_seed(value) => true,
        Kind::Password => {
            value::is_password(value)
                || value::is_random(value)
                || value::is_application_password(value)
                || name.to_ascii_lowercase().contains("app") && value::is_of_four_groups(value)
                || value::is_router_key(value)
                || value::is_passphrase(value) && may_be_passphrase(value, name)
        }
        Kind::Secret => {
            is_erlang_cookie(value, name)
                || value::is_token(value)
                || value::is_random(value)
                || value::is_mixed_password(value)
                || (value.len() >= 8
                    && value.is_ascii()
                    && value::is_password(value)
                    && !is_joined_words(value)
                    && (!is_numbered_name(value) || is_numbered_word(value)))
        }
        Kind::Key => {
            is_generated(value)
                || is_license(value) && name.to_ascii_lowercase().contains("licen")
                || is_uuid_of_access(value, name)
                || is_of_network(name) && value::is_router_key(value)
                || may_be_passphrase(value, name)
                    && (value::is_passphrase(value) || value::is_password(value))
        }
        Kind::OtherKey => value::is_strong_token(value),
        Kind::Mnemonic => value::is_mnemonic(value),
        Kind::Token if value::is_uuid(value) => is_uuid_of_access(value, name),
        Kind::Token => is_generated(value),
    }
}

/// A UUID under a name that says that it gives access; most UUIDs are no secrets.
fn is_uuid_of_access(value: &str, name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let gives_access =
        ["api", "auth", "access", "licen", "secret"].iter().any(|word| lower.contains(word));
    let gives_access = gives_access || is_of_token(name);
    value::is_uuid(value) && gives_access && !value::is_dummy_token(value)
}

/// Whether a name is that of somebody's token (`LOGGLY_TOKEN`, `codecovToken`), and not of one that identifies a request or
/// the like.
fn is_of_token(name: &str) -> bool {
    #[rustfmt::skip]
    const OTHERS: &[&str] = &[
        "request", "continuation", "correlation", "idempotency", "client", "trace", "device", "push", "message", "state", "sync",
        "session", "job", "task", "event", "id", "uuid", "page", "next", "resume", "scroll", "lease", "transaction", "operation",
        "ownership", "invocation", "confirmation", "change", "query", "my", "test", "some", "a", "the", "new", "old",
    ];
    let last = name.rsplit('.').next().unwrap_or(name);
    let is_other = |word: &str| OTHERS.iter().any(|one| one.eq_ignore_ascii_case(word));
    let is_token = |word: &str| word.eq_ignore_ascii_case("token");
    value::words(last).any(is_token)
        && (value::words(last).count() >= 2 || last == "TOKEN")
        && !value::words(last).any(is_other)
}

/// Whether a name is that of a wireless network's key.
fn is_of_network(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["wlan", "wifi", "wi-fi", "wpa"].iter().any(|word| name.contains(word))
}

/// The cookie that Erlang makes for its nodes: twenty capitals.
fn is_erlang_cookie(value: &str, name: &str) -> bool {
    value.len() == 20
        && value.bytes().all(|byte| byte.is_ascii_uppercase())
        && name.to_ascii_lowercase().contains("cookie")
}

/// The key of a license as programs ask for it: three to six groups of four or five capitals and digits.
fn is_license(value: &str) -> bool {
    let is_group = |group: &str| {
        matches!(group.len(), 4 | 5)
            && group.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    (3..=6).contains(&value.split('-').count())
        && value.split('-').all(is_group)
        && value.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether the name says that words are its secret.
fn may_be_passphrase(value: &str, name: &str) -> bool {
    const FULL_NAMES: &[&str] = &[
        "password",
        "passwd",
        "passwort",
        "phrase",
        "psk",
        "preshared",
        "pre-shared",
        "pre_shared",
    ];
    let name = name.to_lowercase();
    match value.contains(' ') {
        // Sentences end with no number, and are no options of commands.
        true => {
            name.contains("phrase")
                || (name.starts_with("--") || value.ends_with(|c: char| c.is_ascii_digit()))
                    && FULL_NAMES.iter().any(|full| name.contains(full))
        }
        false => FULL_NAMES.iter().chain(name::FOREIGN).any(|full| name.contains(full)),
    }
}

fn is_sha1(value: &str) -> bool {
    value.len() == 40 && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A key or a token by a program, or a password in its place.
fn is_generated(value: &str) -> bool {
    // The address of a contract or an account is public.
    let is_address = value.len() == 42
        && value
            .strip_prefix("0x")
            .is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
    !is_address
        && (value::is_token(value) || value::is_random(value) || value::is_mixed_password(value))
}

/// Words joined by `_`.
fn is_identifier(written: &str) -> bool {
    written.contains('_')
        && written.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        && !is_generated(written)
        && !chosen::is_numbered_words(written)
        && !chosen::is_spelt_with_capitals(written)
        && !is_no_name(written)
}

/// Numbered names: `api-secret-2`, `clientSecret1`.
pub(crate) fn is_numbered_name(value: &str) -> bool {
    let stem = value.trim_end_matches(|c: char| c.is_ascii_digit());
    stem.bytes().all(|byte| byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'_' | b'.' | b'/'))
}

/// Words with capitals and numbers, joined by `_`, or small ones joined by `-` of which the last has no number:
/// `Win32_Security`, `objc2-core-foundation`.
fn is_joined_words(value: &str) -> bool {
    let is_package = value.contains('-')
        && value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && value.ends_with(|c: char| c.is_ascii_lowercase());
    let separator = if is_package { '-' } else { '_' };
    value.contains(separator) && value.split(separator).all(is_word_or_number)
}

/// An unquoted value may be a variable. `certain` means that only literals are possible there: on a
/// line of an environment file, in a part of a connection string.
fn looks_secret_unquoted(kind: Kind, value: &str, name: &str, certain: bool) -> bool {
    // A sentence in a language without blanks.
    if value.chars().any(|c| c > '\u{2e7f}') {
        return false;
    }
    let is_variable =
        value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
    if is_variable && !certain {
        let is_mixed = value::is_mixed_password(value) && !may_be_abbreviated(value);
        let is_chosen = matches!(kind, Kind::Password | Kind::Secret)
            && (is_numbered_word(value) || chosen::is_spelt_with_capitals(value));
        let is_literal = value::is_token(value)
            || is_short_but_mixed(value)
            || is_mixed
            || is_no_name(value)
            || value::is_router_key(value)
            || value.len() == 16 && value::is_application_password(value)
            || value.ends_with(|c: char| c.is_ascii_digit()) && value::is_passphrase(value)
            || is_chosen;
        if !is_literal {
            return false;
        }
    }
    looks_secret(kind, value, name) && (certain || value.len() >= 8)
}

/// Whether it may be an abbreviated name, whose letters are in no order either: `jwtECPubKey`, `g2cDeviceIds`.
fn may_be_abbreviated(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    value.len() < 14
        && digits < 2
        && !value::is_wholly_scrambled(value)
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Between words of a sentence, where most values are words.
fn looks_secret_in_prose(kind: Kind, value: &str, name: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let letters = value.chars().filter(|c| c.is_alphabetic()).count();
    let signs = value.bytes().any(|byte| b"!$%^&*#+~?@=".contains(&byte));
    if value::is_keychain_password(value)
        || kind == Kind::Password && value::is_router_key(value)
        || kind == Kind::Key && is_of_network(name) && value::is_router_key(value)
    {
        return true;
    }
    if (value::is_uuid(value) || value::is_hash(value)) && kind == Kind::Secret {
        return false;
    }
    let is_long_key = kind != Kind::Password && value::is_token(value);
    let is_phrase =
        kind == Kind::Password && value.matches('-').count() >= 3 && value::is_passphrase(value);
    is_long_key
        || is_phrase
        || letters >= 2
            && (digits >= 2
                || (digits >= 1 && signs)
                || has_inner_digit(value)
                || value::is_scrambled(value))
            && (value::is_noise(value)
                || !value.trim_end_matches('=').contains(['(', ')', '[', ']', '{', '}', '=']))
            && (!value.split(['.', '_', '-', '/']).all(is_word_or_number)
                || kind == Kind::Password && is_numbered_word(value))
            && looks_secret_unquoted(kind, value, name, signs)
}

/// A word, a number, or a word with a number at its end: `sha256`, `v2`, `UC24`.
fn is_word_or_number(part: &str) -> bool {
    let stem = part.trim_end_matches(|c: char| c.is_ascii_digit());
    // Of an issue or a requirement: `UC24`.
    let is_id = stem.len() <= 4 && stem.bytes().all(|byte| byte.is_ascii_uppercase());
    (part.len() - stem.len() <= 3 || stem.is_empty())
        && stem.bytes().all(|byte| byte.is_ascii_alphabetic())
        && (is_id || !stem.bytes().skip(1).any(|byte| byte.is_ascii_uppercase()))
}

/// Whether letters with a digit are hardly a variable's name: one begins with a letter, and consists of words.
fn is_no_name(value: &str) -> bool {
    let count = |is: fn(&u8) -> bool| value.bytes().filter(is).count();
    let are_mixed = count(u8::is_ascii_lowercase) >= 2 && count(u8::is_ascii_uppercase) >= 2;
    let begins_with_digit = value.starts_with(|c: char| c.is_ascii_digit());
    let fewest_pairs = match (are_mixed, begins_with_digit) {
        (true, true) => 0,
        (true, false) => 3,
        (false, true) => 4,
        (false, false) => 6,
    };
    value.len() >= 8
        && count(u8::is_ascii_digit) >= 1
        && !value.contains(['_', '.'])
        && (fewest_pairs == 0 || value::has_unusual_pairs(value, fewest_pairs))
        || are_mixed && is_pair_in_no_order(value)
}

/// Whether a value is two groups of letters in no order and digits, joined by `_`: `VE3xc_YPRlqF`.
fn is_pair_in_no_order(value: &str) -> bool {
    let is_group = |group: &str| {
        (4..=8).contains(&group.len()) && group.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let groups = value.split_once('_').filter(|(one, two)| is_group(one) && is_group(two));
    groups.is_some()
        && value.bytes().any(|byte| byte.is_ascii_digit())
        && value::has_unusual_pairs(value, 4)
}

/// As [`value::is_token`], for shorter values.
fn is_short_but_mixed(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let first = value.bytes().next();
    value.len() >= 8
        && (digits >= 2 || has_inner_digit(value))
        && !value.contains(['_', '.'])
        && (first.is_some_and(|c| !c.is_ascii_uppercase()) || is_scattered(value))
}

/// Whether a digit stands between letters, a small one before it: `hunter2Xq`.
fn has_inner_digit(value: &str) -> bool {
    value.as_bytes().windows(3).any(|three| {
        three[0].is_ascii_lowercase() && three[1].is_ascii_digit() && three[2].is_ascii_uppercase()
    })
}

/// Whether digits stand among the letters, and not only at the end: not `Sha256Hash`, but `Vk8sPq2m`.
fn is_scattered(value: &str) -> bool {
    let runs = value.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).count();
    runs >= 2 && value.len() <= 8 * runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_told_from_names() {
        for literal in ["9qfGtWHaYqhc", "KgzJCO5pdX", "XU2POeTYaDVj", "7sxvcbzoxd", "wn8qkzvtxbfj"]
        {
            assert!(is_no_name(literal), "{literal}");
        }
        for name in [
            "passwordV2",
            "sha256Hash",
            "base64Password",
            "utf8decode",
            "x509Certificate",
            "24hours",
            "oauth2Client",
        ] {
            assert!(!is_no_name(name), "{name}");
        }
    }
}
