//! Values that are protected already: hashes of passwords and ciphertexts in the forms in which programs write them, whatever
//! their name and notation.
//!
//! Forms that anyone can reverse (`{XOR}…`, Cisco's type 7, Junos' `$9$…`) are none of these, nor are those that are themselves
//! sent to log in (PostgreSQL's `md5…`, Fernet's tokens, encrypted cookies).

use std::ops::Range;
use std::sync::OnceLock;

use regex::Regex;

use crate::parts::ahead;
use crate::value;

/// The longest value that is looked at, in bytes.
const LONGEST: usize = 4096;
/// In patterns, a dollar, which shells escape and compose files double.
const DOLLAR: (&str, &str) = ("<$>", r"\\?\$\$?");

/// A form of protected values.
struct Form {
    /// What it begins with, in small letters, one of which is compared before the pattern is compiled.
    beginnings: &'static [&'static str],
    pattern: &'static str,
    regex: OnceLock<Regex>,
}

impl Form {
    const fn new(beginnings: &'static [&'static str], pattern: &'static str) -> Self {
        Self { beginnings, pattern, regex: OnceLock::new() }
    }

    /// How many bytes at the beginning of `text` have this form.
    fn length(&self, text: &str) -> Option<usize> {
        let begins = |beginning: &&str| {
            let written = text.as_bytes().get(..beginning.len());
            written.is_some_and(|written| written.eq_ignore_ascii_case(beginning.as_bytes()))
        };
        if !self.beginnings.iter().any(begins) {
            return None;
        }
        let regex = self.regex.get_or_init(|| {
            let pattern = format!(r"\A(?:{})", self.pattern.replace(DOLLAR.0, DOLLAR.1));
            Regex::new(&pattern).expect("a form is a valid pattern")
        });
        regex.find(text).map(|found| found.end())
    }
}

/// The forms, each with its source.
static FORMS: [Form; 20] = [
    // crypt(5), Apache's htpasswd, the strings of passlib and PHC (Argon2, scrypt, PBKDF2).
    Form::new(
        &["$", r"\$"],
        "<$>(?:1|5|6|7|y|gy|md5|sha1|sm3|apr1|argon2(?:id|i|d)|scrypt|pbkdf2(?:-sha[0-9]+)?|bcrypt-sha256)\
         (?:<$>[A-Za-z0-9./+=,_-]*)+<$>[A-Za-z0-9./+=_-]{22,}",
    ),
    Form::new(&["$2", r"\$2", "$$2"], "<$>2[abxy]?<$>[0-9]{2}<$>[A-Za-z0-9./]{53}"),
    // phpass, as in WordPress and phpBB, and Drupal.
    Form::new(&["$p$", "$h$", "$s$"], r"\$[PHS]\$[A-Za-z0-9./]{31,52}"),
    // Cisco's types 8 and 9.
    Form::new(&["$8$", "$9$"], r"\$[89]\$[A-Za-z0-9./]{14}\$[A-Za-z0-9./]{43}"),
    // docs.djangoproject.com/en/stable/topics/auth/passwords
    Form::new(
        &["pbkdf2_", "bcrypt", "argon2", "scrypt", "md5", "sha"],
        "(?:pbkdf2_sha[0-9]+|bcrypt(?:_sha256)?|argon2|scrypt|md5|sha(?:1|256|512))\
         (?:<$>[A-Za-z0-9./+=,_-]*)+<$>[A-Za-z0-9./+=_-]{22,}",
    ),
    // werkzeug.palletsprojects.com/en/stable/utils
    Form::new(
        &["pbkdf2:", "scrypt:"],
        "(?:pbkdf2|scrypt):[a-z0-9:]+<$>[A-Za-z0-9]+<$>[0-9a-f]{32,}",
    ),
    // An algorithm, a count, a salt and a hash, as libraries for PBKDF2 in PHP and Java join them.
    Form::new(
        &["sha1:", "sha256:", "sha512:"],
        "sha(?:1|256|512):[0-9]{3,}(?::[0-9]+)?:[A-Za-z0-9+/=]{12,}:[A-Za-z0-9+/=]{24,}",
    ),
    // postgresql.org/docs/current/catalog-pg-authid.html
    Form::new(
        &["scram-sha-"],
        "SCRAM-SHA-[0-9]+<$>[0-9]+:[A-Za-z0-9+/=]{12,}<$>[A-Za-z0-9+/=]{24,}:[A-Za-z0-9+/=]{24,}",
    ),
    // MySQL's mysql_native_password, SQL Server's PWDCOMPARE, Oracle's SYS.USER$.SPARE4, CouchDB's [admins].
    Form::new(&["*"], r"\*[0-9A-F]{40}"),
    Form::new(&["0x0100", "0x0200"], "0x0[12]00[0-9A-Fa-f]{48,}"),
    Form::new(&["s:"], "S:[0-9A-F]{60}(?:;[HT]:[0-9A-F]+)*"),
    Form::new(&["-pbkdf2-", "-hashed-"], "-(?:pbkdf2|hashed)-[0-9a-f]{32,}[0-9A-Za-z,:]*"),
    // RFC 2307, and the encoders of Spring Security.
    Form::new(
        &["{"],
        r"(?i:\{(?:s?sha(?:-?[0-9]{3})?|s?md5|crypt|pbkdf2[a-z0-9@_-]*|argon2[a-z0-9@_-]*|bcrypt|scrypt[a-z0-9@_-]*)\})[A-Za-z0-9+/=.,:$_-]{16,}",
    ),
    // Ciphertexts in settings, as of Spring Cloud and WebLogic.
    Form::new(
        &["{"],
        r"(?i:\{(?:aes[a-z0-9_-]*|3des|cipher|enc|encrypted)\})[A-Za-z0-9+/=.,:_-]{16,}",
    ),
    // SOPS, hiera-eyaml, Cirrus, Jasypt.
    Form::new(&["enc"], r"(?i:enc(?:rypted)?)(?:\[[^\]\s]{16,}\]?|\([^)\s]{16,}\)?)"),
    // A version or the algorithm, the nonce, perhaps a tag, and the ciphertext, as Pulumi and many applications join them.
    Form::new(
        &["v", "aes"],
        "(?:v[0-9]{1,2}|aes-?(?:128|192|256)-?(?:gcm|cbc|ctr)):(?:[A-Za-z0-9+/_-]{12,}={0,2}:){1,3}[A-Za-z0-9+/_-]{16,}={0,2}",
    ),
    // dotenvx.com/encryption, and others.
    Form::new(
        &["enc:", "encrypted:"],
        "enc(?:rypted)?:(?:v[0-9]+:)?(?:[A-Za-z0-9+/_-]{12,}={0,2}:)*[A-Za-z0-9+/_-]{24,}={0,2}",
    ),
    // Ciphertexts of AWS KMS, and of Windows' DPAPI, as PowerShell writes secure strings.
    Form::new(&["aqicah", "aqecah"], "AQ[IE]CAH[A-Za-z0-9+/]{80,}={0,2}"),
    Form::new(&["01000000d08c9ddf"], "01000000d08c9ddf0115d1118c7a00c04fc297eb[0-9a-f]+"),
    // Digests with their algorithm, as Vault's audit log has tokens.
    Form::new(
        &["hmac-", "sha", "md5", "blake"],
        "(?i:hmac-)?(?i:sha-?(?:1|224|256|384|512)|md5|blake2b|blake3)[:=-](?:[0-9a-fA-F]{32,}|[A-Za-z0-9+/]{43,}={0,2})",
    ),
];

/// How many bytes at the beginning of `text` are a hash or a ciphertext in one of the forms.
fn length_of_form(text: &str) -> Option<usize> {
    FORMS.iter().filter_map(|form| form.length(text)).max()
}

/// Whether the value at `range` is a hash or a ciphertext in a form that says so.
pub(crate) fn is_protected(text: &str, range: &Range<usize>) -> bool {
    // A finding may end before the value does, where a longer one is no password any more.
    length_of_form(ahead(text, range.start, LONGEST)).is_some_and(|length| length >= range.len())
        || is_in_base64(&text[range.clone()])
}

/// Whether `value` is such a form in base64, as directories (`userPassword:: …`) and Kubernetes have it. The hash in an old
/// directory's value may be bytes.
fn is_in_base64(value: &str) -> bool {
    const SHORTEST: usize = 24;
    const SCHEMES: [&str; 6] = ["{SSHA", "{SHA", "{SMD5}", "{MD5}", "{CRYPT}", "{PBKDF2"];
    if value.len() < SHORTEST {
        return false;
    }
    let Some(bytes) = value::base64(value) else { return false };
    let is_of_scheme = |scheme: &str| {
        let beginning = bytes.get(..scheme.len());
        beginning.is_some_and(|beginning| beginning.eq_ignore_ascii_case(scheme.as_bytes()))
    };
    SCHEMES.into_iter().any(is_of_scheme)
        || std::str::from_utf8(&bytes).is_ok_and(|text| {
            let text = text.trim_end_matches('\n');
            length_of_form(text) == Some(text.len())
        })
}

/// Whether a value is one of a sealed secret of Kubernetes, which only the cluster can read.
pub(crate) fn is_sealed(text: &str, range: &Range<usize>) -> bool {
    const SHORTEST: usize = 64;
    const FARTHEST: usize = 8 << 10;
    let floor = text.floor_char_boundary(range.start.saturating_sub(FARTHEST));
    let before = &text[floor..range.start];
    range.len() >= SHORTEST
        && (text[range.clone()].starts_with("Ag") || before.contains("SealedSecret"))
        && before.contains("encryptedData")
}
