//! Which names are those of secrets.

use std::ops::Range;

use super::LONGEST_NAME;
use crate::value;

/// What kind of secret a name suggests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Password,
    Secret,
    /// A key of something that has secret keys: `api_key`.
    Key,
    /// Any other key. Most are no secrets: `cache_key`, `sort_key`.
    OtherKey,
    Token,
    /// The words from which a wallet's keys are derived (BIP 39).
    Mnemonic,
}

impl Kind {
    pub(crate) fn rule(self) -> &'static str {
        match self {
            Self::Password => "assigned-password",
            Self::Secret => "assigned-secret",
            Self::Key | Self::OtherKey => "assigned-key",
            Self::Token => "assigned-token",
            Self::Mnemonic => "mnemonic",
        }
    }
}

/// The last words of names of secrets.
pub(crate) const KEYWORDS: &[(&str, Kind)] = &[
    ("password", Kind::Password),
    ("passwort", Kind::Password),
    ("passwd", Kind::Password),
    ("passphrase", Kind::Password),
    ("kennwort", Kind::Password),
    ("pass_phrase", Kind::Password),
    ("passcode", Kind::Password),
    // Prompts, whose first letter scripts leave open: `expect "*assword:"`, `expect -re "[Pp]assword"`.
    ("*assword", Kind::Password),
    ("?assword", Kind::Password),
    (".assword", Kind::Password),
    ("]assword", Kind::Password),
    ("\"assword", Kind::Password),
    ("pass", Kind::Password),
    ("pwd", Kind::Password),
    ("pw", Kind::Password),
    ("psk", Kind::Password),
    ("secret", Kind::Secret),
    // WordPress and others.
    ("_salt", Kind::Secret),
    ("passwordsalt", Kind::Secret),
    // What SNMP takes as a password.
    ("snmp_community", Kind::Secret),
    ("snmp-community", Kind::Secret),
    ("snmpcommunity", Kind::Secret),
    ("snmp community", Kind::Secret),
    ("pswd", Kind::Password),
    ("passwrd", Kind::Password),
    ("pwrd", Kind::Password),
    ("psw", Kind::Password),
    ("credential", Kind::Secret),
    ("creds", Kind::Secret),
    ("_cred", Kind::Secret),
    ("_sec", Kind::Token),
    ("pepper", Kind::Secret),
    // What nodes of Erlang know each other by.
    ("erlang_cookie", Kind::Secret),
    ("erlangcookie", Kind::Secret),
    ("erlang-cookie", Kind::Secret),
    ("erlang cookie", Kind::Secret),
    ("token", Kind::Token),
    ("auth", Kind::Token),
    ("authorization", Kind::Token),
    ("bearer", Kind::Token),
    ("masterauth", Kind::Password),
    ("pat", Kind::Token),
    ("key", Kind::Key),
    ("mnemonic", Kind::Mnemonic),
    ("secret_seed", Kind::Token),
    ("secretseed", Kind::Token),
    ("secret-seed", Kind::Token),
    ("secret seed", Kind::Token),
    ("seed_phrase", Kind::Mnemonic),
    ("seed phrase", Kind::Mnemonic),
    ("seedphrase", Kind::Mnemonic),
    ("recovery_phrase", Kind::Mnemonic),
    ("recovery phrase", Kind::Mnemonic),
    ("secret phrase", Kind::Mnemonic),
    ("seed words", Kind::Mnemonic),
    ("wallet seed", Kind::Mnemonic),
];

/// Words for a password in other languages, which begin a name or a part of one.
#[rustfmt::skip]
pub(crate) const FOREIGN: &[&str] = &[
    "contraseña", "contrasena", "senha", "palavra-passe", "palavra passe", "mot_de_passe", "mot de passe",
    "motdepasse", "mdp", "clave", "parola", "parolă", "parola d'ordine", "parola chiave", "wachtwoord", "lösenord",
    "adgangskode", "kodeord", "passord", "salasana", "jelszó", "jelszo", "heslo", "hasło", "haslo", "lozinka",
    "şifre", "Şifre", "sifre", "slaptažodis", "kata sandi", "kata laluan", "mật khẩu", "пароль", "Пароль", "парола",
    "Парола", "лозинка", "Лозинка", "κωδικός", "Κωδικός", "πρόσβασης", "كلمة المرور", "كلمة السر", "رمز عبور",
    "סיסמה", "סיסמא", "पासवर्ड", "পাসওয়ার্ড", "รหัสผ่าน", "密码", "密碼", "口令", "パスワード", "パスフレーズ", "비밀번호", "비번", "암호",
    "code d'accès", "code d’accès", "zugangscode", "geheimnis", "密钥", "密鑰", "wlan-schlüssel", "wlan-netzwerkschlüssel", "netzwerkschlüssel", "wpa-schlüssel", "parol", "sandi", "jelszava", "كلمة مرور", "mima", "passw",
    "contrasenya", "contrasinal", "pasahitza", "geslo", "parool", "lykilorð", "fjalëkalim", "wagwoord", "paswoord", "nenosiri",
    "šifra", "პაროლი", "գաղտնաբառ", "құпиясөз", "گذرواژه", "پاس ورڈ", "கடவுச்சொல்",
];

/// Words before `key` in names of secret keys, without separators.
#[rustfmt::skip]
const KEY_QUALIFIERS: &[&str] = &[
    "api", "app", "application", "access", "account", "admin", "auth", "authentication", "authorization",
    "bot", "client", "consumer", "customer", "decryption", "deploy", "developer", "encryption", "encrypt", "enc",
    "functions", "function", "hash", "hmac", "host", "jwt", "license", "licence", "management", "master", "private", "priv",
    "product", "root", "secret", "server", "service", "session", "shared", "preshared", "wlan", "wpa", "signing", "signature",
    "sign", "storage", "subscription", "token", "webhook", "wallet", "wifi", "write", "cookie", "ssh", "activation",
    "registration", "integration", "ingest", "ingestion", "org", "organization", "project", "partner", "merchant",
    "loggedin", "local", "wep", "pass", "network", "nwk", "nwks", "apps", "nonce", "transaction", "cipher", "aes", "des", "validation", "unseal", "stream", "setup", "entry", "unlock", "otp", "totp", "crypt", "crypto", "rest", "security", "user", "live", "test", "prod", "fernet", "upgrade", "leaked", "exposed", "compromised", "working",
];

/// What short keywords are joined to in small letters: `dbpass`, `userpw`.
#[rustfmt::skip]
const SHORT_PREFIXES: &[&str] = &[
    "db", "my", "sql", "mysql", "pg", "user", "usr", "root", "admin", "smtp", "ftp", "ssh", "mail", "app",
    "login", "ldap", "bind", "redis", "mongo", "require", "store", "wifi", "proxy", "imap", "vpn", "http", "sudo",
    "remote", "source", "target", "dest", "cert", "pfx", "sign", "email", "sasl", "irc", "rpc", "wallet", "router", "guest",
    "oracle", "postgres", "rabbit", "elastic", "influx", "mqtt", "broker", "cache", "nas", "smb", "samba", "domain", "backup",
    "become", "key", "auth", "priv", "sa", "keystore", "truststore", "web", "api", "master", "svc", "default", "old", "new", "the", "wpa", "control",
];

/// Suffixes after the keyword in names of secrets.
#[rustfmt::skip]
const SUFFIXES: &[&str] = &[
    "", "s", "value", "base64", "b64", "str", "string", "text", "plain", "prod", "production", "raw",
    "dev", "live", "test", "old", "new", "base", "hex", "default", "key_base", "staging", "stage", "qa",
    "uat", "us", "eu", "b", "admin", "root", "main", "primary", "secondary", "backup", "v", "current",
    // In Romance languages: `secreto`, `secrète`.
    "e", "o",
    // `unseal_keys_b64`, without its number.
    "s_b",
    "previous", "prev", "next", "local", "data", "literal", "const", "is", "ci", "rw", "ro", "read", "write", "tok",
    "bytes", "array", "private", "session", "cookie", "keybase", "server", "confirm", "confirmation", "pair",
];
/// Those that are of keys only: a password's server is a machine.
const OF_KEYS: &[&str] = &["server", "pair"];
/// What words of [`FOREIGN`] end in: `lösenordet`, `şifreniz`. In bytes.
const LONGEST_INFLECTION: usize = 4;
/// In bytes.
const LONGEST_SUFFIX: usize = 12;
/// For each byte, the lengths of the suffixes that begin with it, as bits: most words behind a keyword are of another
/// length (`path`, `author`).
static SUFFIX_LENGTHS: [u16; 256] = {
    let mut lengths = [0; 256];
    let mut at = 0;
    while at < SUFFIXES.len() {
        if let [first, ..] = SUFFIXES[at].as_bytes() {
            lengths[*first as usize] |= 1 << SUFFIXES[at].len();
        }
        at += 1;
    }
    lengths
};
/// Words in names of values that are not secret.
#[rustfmt::skip]
const HARMLESS: &[&str] = &[
    "public", "publishable", "page", "next", "continuation", "cancel", "hashed", "pagination", "cursor",
    "encrypted", "dummy", "fake", "mock", "wrong", "invalid", "incorrect", "bad", "expired",
    "bypass", "compass", "syntax", "sync", "resume", "change", "masked", "redacted", "pub",
];
/// Words before `pass` in names of what a program does in several passes.
const STAGES: &[&str] = &["render", "shadow", "depth", "blur", "compiler", "optimization"];
/// Words in names of tokens that are not secret.
const HARMLESS_TOKENS: &[&str] = &["csrf", "xsrf", "lock", "layout", "parse", "lexer"];
/// Words in names of keys that are not secret, unless the name also says what kind of secret it is.
#[rustfmt::skip]
const HARMLESS_KEYS: &[&str] = &[
    "primary", "foreign", "cache", "sort", "partition", "object", "unique", "index", "row", "map",
    "lookup", "group", "dedup", "dedupe", "idempotency", "translation", "message", "route", "hot",
    "short", "arrow", "shortcut", "react", "item", "list", "node", "file", "path", "content", "commit",
    "query", "column", "field", "state", "event", "metric", "tag", "label", "config", "setting", "locale",
    "i", "n", "storage_object", "s", "blob", "artifact", "job", "task", "step", "hash", "sha", "md",
    "websocket", "socket", "checksum", "digest", "etag", "integrity", "host", "registry", "site", "widget", "recaptcha", "sitekey",
];

/// The words of which one makes a name with a provider's name in it that of a secret.
#[rustfmt::skip]
const OF_SECRETS: &[&str] = &[
    "key", "token", "secret", "auth", "pass", "pwd", "cred", "pat", "license", "login", "webhook", "access",
    "api", "bearer", "pwd", "master", "private", "seed", "totp", "hotp", "session", "keypair",
];

/// The name that ends in the keyword at `hit`, as far as its spelling alone says. Whether it is one of a
/// secret is up to [`kind_of`].
pub(super) fn around(text: &str, hit: &Range<usize>, kind: Kind) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    // `password` has keywords of its own.
    if text[hit.end..].starts_with(['o', 'O', 'd', 'D'])
        && text[hit.clone()].eq_ignore_ascii_case("passw")
    {
        return None;
    }
    // `${PASSWORD-default}`
    let is_expanded = |start: usize| text[..start].ends_with("${");
    let dash_ends =
        bytes.get(hit.end) == Some(&b'-') && is_expanded(start_of_name(text, hit.start));
    let after = bytes[hit.end..]
        .iter()
        .take(LONGEST_NAME)
        .take_while(|&&byte| is_name(byte) && byte != b'.' && !(dash_ends && byte == b'-'))
        .count();
    let after = after + foreign_ending(&text[hit.clone()], &text[hit.end + after..]);
    let suffix = text[hit.end..hit.end + after]
        .trim_matches(|c: char| matches!(c, '_' | '-') || c.is_ascii_digit());
    let is_inflected = || {
        let word = &text[hit.clone()];
        // All foreign words are for passwords.
        kind == Kind::Password
            && suffix.len() <= LONGEST_INFLECTION
            && is_foreign(word)
            && !word.eq_ignore_ascii_case("mima")
    };
    if let [first, ..] = suffix.as_bytes()
        && !is_inflected()
    {
        let first = usize::from(first.to_ascii_lowercase());
        let may_be_suffix =
            suffix.len() <= LONGEST_SUFFIX && SUFFIX_LENGTHS[first] >> suffix.len() & 1 == 1;
        if !(may_be_suffix && SUFFIXES.iter().any(|allowed| suffix.eq_ignore_ascii_case(allowed))) {
            return None;
        }
        let is_of_key = OF_KEYS.iter().any(|one| suffix.eq_ignore_ascii_case(one));
        if is_of_key && kind != Kind::Key {
            return None;
        }
    }
    let start = start_of_name(text, hit.start) - foreign_beginning(text, hit);
    if hit.len() <= 5
        && !text[hit.clone()].eq_ignore_ascii_case("token")
        && !begins_word(text, start, hit, kind)
    {
        return None;
    }
    if start == hit.start && is_unassigned_pepper(text, hit) {
        return None;
    }
    // `API key: …`
    let start = if kind == Kind::Key && start == hit.start {
        qualifying_word(text, start).unwrap_or(start)
    } else {
        start
    };
    Some(start..hit.end + after)
}

/// Whether a short keyword is a word of the name that begins at `start`: `bypass` and `encompass` contain
/// `pass` too, and any run of letters and digits may contain `pw`.
fn begins_word(text: &str, start: usize, hit: &Range<usize>, kind: Kind) -> bool {
    let bytes = text.as_bytes();
    let Some(previous) = bytes[..hit.start].last().copied() else { return true };
    let first = bytes[hit.start];
    let is_camel = previous.is_ascii_lowercase() && first.is_ascii_uppercase();
    let is_apart = !previous.is_ascii_alphanumeric() || !first.is_ascii_alphanumeric();
    if kind == Kind::Key || is_camel || is_apart {
        return true;
    }
    let prefix = text[start..hit.start].rsplit(['_', '-', '.']).next().unwrap_or_default();
    let is_known = SHORT_PREFIXES.iter().any(|known| prefix.eq_ignore_ascii_case(known));
    let is_upper = previous.is_ascii_uppercase() && first.is_ascii_uppercase() && hit.len() > 3;
    is_known || is_upper
}

/// The start of the word before `end`, if it says what kind of key follows.
fn qualifying_word(text: &str, end: usize) -> Option<usize> {
    let floor = text.floor_char_boundary(end.saturating_sub(16));
    let before = text[floor..end].strip_suffix(' ')?;
    let word = before.rsplit(|c: char| !c.is_ascii_alphabetic()).next()?;
    let is_qualifier = KEY_QUALIFIERS.iter().any(|known| word.eq_ignore_ascii_case(known));
    (is_qualifier || is_of_somebody(text, end - 1 - word.len())).then(|| end - 1 - word.len())
}

/// Whether the word at `start` is the last of a name that somebody's key is of: `this Acme key`, `our Acme Cloud key`.
fn is_of_somebody(text: &str, start: usize) -> bool {
    const MOST_WORDS: usize = 3;
    const WHOSE: &[&str] = &["this", "my", "your", "our", "new"];
    if !text[start..].starts_with(|c: char| c.is_ascii_uppercase()) {
        return false;
    }
    let floor = text.floor_char_boundary(start.saturating_sub(40));
    let before = text[floor..start].trim_end_matches(' ').rsplit(' ');
    let is_name = |word: &&str| word.starts_with(|c: char| c.is_ascii_uppercase());
    before.take(MOST_WORDS).find(|word| !is_name(word)).is_some_and(|word| WHOSE.contains(&word))
}

/// The kind that the whole name suggests, or `None` if it is one of something that isn't secret.
pub(super) fn kind_of(
    text: &str,
    name: &Range<usize>,
    hit: &Range<usize>,
    kind: Kind,
) -> Option<Kind> {
    if kind == Kind::Key && hit.start == name.start {
        // Just `key`.
        let is_parameter = text[..name.start].ends_with(['?', '&']);
        let is_harmless = || has_word_of(HARMLESS, &text[name.clone()]);
        return (is_parameter && !is_harmless()).then_some(Kind::OtherKey);
    }
    let written = &text[name.clone()];
    if is_of_git(text, name)
        || text[..name.start].ends_with("checksum/")
        || hit.len() == "pass".len() && has_word_of(STAGES, written)
        || has_word_of(HARMLESS, last_part(written, hit.len()))
        || (kind == Kind::Token && has_word_of(HARMLESS_TOKENS, written))
    {
        return None;
    }
    if kind != Kind::Key {
        return Some(kind);
    }
    let before: String = text[name.start..hit.start]
        .chars()
        .filter(char::is_ascii_alphabetic)
        .map(|c| c.to_ascii_lowercase())
        .collect();
    // Of a web push, and others whose names are written together: `SUPublicEDKey`.
    if before.ends_with("applicationserver") || before.contains("public") {
        return None;
    }
    // The last letters first, which differ most of the time.
    let last = before.bytes().next_back();
    let ends_with = |word: &&str| word.bytes().next_back() == last && before.ends_with(word);
    if KEY_QUALIFIERS.iter().any(ends_with) && !before.ends_with("websocket") {
        return Some(Kind::Key);
    }
    if before.is_empty() {
        return text[..name.start].ends_with(['?', '&']).then_some(Kind::OtherKey);
    }
    let joined = text[..hit.start].ends_with(|c: char| c.is_ascii_lowercase())
        && text[hit.start..].starts_with(|c: char| c.is_ascii_lowercase());
    (!joined && !has_word_of(HARMLESS_KEYS, written)).then_some(Kind::OtherKey)
}

/// The part of a name behind its last dot, if that says what the keyword of this length is of: of
/// `encryptedObjects.encryptionKey`, the last two words.
fn last_part(name: &str, keyword: usize) -> &str {
    let last = name.rsplit('.').next().unwrap_or(name);
    if last.len() > keyword + 2 { last } else { name }
}

/// Whether a name is that of git's setting for the id of a key. Written otherwise, it is a key's own, unless such an id
/// follows.
fn is_of_git(text: &str, name: &Range<usize>) -> bool {
    const LENGTHS: [usize; 3] = [8, 16, 40];
    let written = &text[name.clone()];
    let rest = text[name.end..].trim_start_matches(['"', '\'', ' ', '\t', '=', ':']);
    let digits = || rest.bytes().take(41).take_while(u8::is_ascii_hexdigit).count();
    written == "signingkey"
        || written.eq_ignore_ascii_case("signingkey") && LENGTHS.contains(&digits())
}

/// Whether a word of `name` is one of these, ignoring ASCII case.
fn has_word_of(list: &[&str], name: &str) -> bool {
    value::words(name).any(|word| list.iter().any(|one| one.eq_ignore_ascii_case(word)))
}

/// The start of the name that ends at `end`.
fn start_of_name(text: &str, end: usize) -> usize {
    let before = text.as_bytes()[..end]
        .iter()
        .rev()
        .take(LONGEST_NAME)
        .take_while(|&&byte| is_name(byte))
        .count();
    end - before
}

/// The name around a provider's name at `hit`, if it is one of a secret.
pub(super) fn of_provider(text: &str, hit: &Range<usize>) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let previous = hit.start.checked_sub(1).map(|at| bytes[at]);
    let begins_word = previous.is_none_or(|byte| {
        !byte.is_ascii_alphanumeric()
            || (byte.is_ascii_lowercase() && bytes[hit.start].is_ascii_uppercase())
    });
    if !begins_word {
        return None;
    }
    let after =
        bytes[hit.end..].iter().take(LONGEST_NAME).take_while(|&&byte| is_name(byte)).count();
    let end = hit.end + after;
    let lower = text[hit.end..end].to_ascii_lowercase();
    let own = text[hit.clone()].to_ascii_lowercase();
    let is_of_secret = OF_SECRETS.iter().any(|word| lower.contains(word) || own.ends_with(word));
    let is_public = ["public", "publishable", "_id", "url"].iter().any(|word| lower.contains(word));
    (is_of_secret && !is_public).then(|| start_of_name(text, hit.start)..end)
}

/// Whether a keyword is `pepper` in a sentence or a list, where it is no name: nothing is assigned to it.
fn is_unassigned_pepper(text: &str, hit: &Range<usize>) -> bool {
    let behind = text[hit.end..].trim_start_matches(['"', '\'', ' ']);
    text[hit.clone()].eq_ignore_ascii_case("pepper") && !behind.starts_with(['=', ':'])
}

/// The length of an article or a preposition before a word of [`FOREIGN`] that is written with it: `הסיסמה`.
fn foreign_beginning(text: &str, hit: &Range<usize>) -> usize {
    const LONGEST: usize = 4;
    if text[hit.clone()].is_ascii() {
        return 0;
    }
    let before = text[..hit.start].chars().rev().take_while(|c| c.is_alphabetic() && !c.is_ascii());
    let length: usize = before.take(LONGEST).map(char::len_utf8).sum();
    if length <= LONGEST { length } else { 0 }
}

/// The length of the letters beyond ASCII, and of those behind them, in which a word of [`FOREIGN`] ends: `parolası`.
fn foreign_ending(word: &str, behind: &str) -> usize {
    if behind.starts_with(|c: char| c.is_ascii()) || !is_foreign(word) {
        return 0;
    }
    // In scripts without blanks, other words follow.
    let ends_word = |c: char| !c.is_alphabetic() || c >= '\u{2e80}';
    let end = behind.find(ends_word).unwrap_or(behind.len());
    if end <= LONGEST_INFLECTION { end } else { 0 }
}

fn is_foreign(word: &str) -> bool {
    FOREIGN.iter().any(|foreign| foreign.eq_ignore_ascii_case(word))
}

/// Whether `name` is that of a secret, such as `db-password`.
pub(crate) fn is_telling(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let foreign = FOREIGN.iter().map(|word| (*word, Kind::Password));
    KEYWORDS.iter().copied().chain(foreign).any(|(word, kind)| {
        lower.rfind(word).is_some_and(|at| {
            let hit = at..at + word.len();
            around(&lower, &hit, kind)
                .is_some_and(|name| kind_of(&lower, &name, &hit, kind).is_some())
        })
    })
}

/// Whether a value is the name of a secret itself, as in a list of names: `db_password2`.
pub(super) fn is_name_of_secret(value: &str) -> bool {
    let stem = value.trim_end_matches(|c: char| c.is_ascii_digit());
    let is_name = stem.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let lower = stem.to_ascii_lowercase();
    // Other words that end so are chosen as passwords.
    let is_of_names = |word: &str| word.len() > 3 && word != "pepper";
    is_name && KEYWORDS.iter().any(|(word, _)| is_of_names(word) && lower.ends_with(word))
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}
