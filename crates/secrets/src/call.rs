//! Passwords among a call's arguments: `auth=("user", "…")`, `login("user", "…")`,
//! `getConnection(url, "user", "…")`.

use std::ops::Range;

use crate::assignment::is_numbered_name;
use crate::chosen::is_numbered_word;
use crate::search::{Begins, Keyword};
use crate::value;

pub(crate) const RULE: &str = "argument-password";

/// The longest list of arguments that is looked at, in bytes.
const LONGEST: usize = 400;
/// The most arguments.
const MOST: usize = 8;

/// Functions, and the positions at which they take a password. The first that holds a literal that looks
/// like one counts.
#[rustfmt::skip]
const CALLS: &[(&str, &[usize])] = &[
    ("basicauth", &[1]), ("basic_auth", &[1]), ("digestauth", &[1]), ("basic-auth", &[1]),
    ("auth=(", &[1]), ("auth = (", &[1]), ("auth: (", &[1]), ("auth=[", &[1]), ("auth = [", &[1]),
    ("auth: [", &[1]), ("auth(", &[1, 0]), ("auth' => [", &[1]), ("auth\" => [", &[1]), ("auth\": [", &[1]), ("auth\": (", &[1]),
    ("networkcredential", &[1]), ("usernamepasswordcredential", &[1]), ("passwordauthentication", &[1]),
    ("plaincredentials", &[1]), ("plainauthprovider", &[1]), ("plain_auth", &[1]), ("plainauth(", &[2]), ("credentials(", &[1, 0, 3]),
    ("withcredentials", &[1]), ("setcredentials", &[1]), ("getconnection", &[2]), ("mysqli_connect", &[2]),
    ("mysqli(", &[2]), ("pdo(", &[2]), ("createconnection", &[2]), ("login(", &[1, 2]), ("signin(", &[1]),
    ("sign_in(", &[1]), ("log_in(", &[1]), ("authenticate(", &[1, 2]), ("simple_bind", &[1]), (".bind(", &[1]),
    ("pg_connect", &[0]), ("mysql_connect", &[2]), ("mysql_real_connect", &[3]), ("connect(", &[2, 1, 3]),
    ("createuser", &[1, 2]), ("create_user", &[2, 1]), ("createsuperuser", &[2, 1]), ("create_superuser", &[2]),
    ("ftp_login", &[2]), ("imap_open", &[2]), ("opendsobject", &[2]), ("httpauth", &[1]), ("userinfo(", &[1]),
    ("userpassword(", &[1]), ("user_password", &[1]), ("pscredential", &[1]), ("securestring ", &[0]), ("authtoken", &[0]), ("setpassword(", &[0, 1]),
    ("ftp(", &[2]), ("sequelize(", &[2]), ("influxdbclient(", &[3]), ("wifi.begin(", &[1]), ("wlan.connect(", &[1]), ("createhmac(", &[1]), ("hmac.new(", &[0, 1]),
    ("jwt.sign(", &[1]), ("jwt.encode(", &[1]), ("jwt.verify(", &[1]), ("jwt.decode(", &[1]), ("cookieparser(", &[0]), ("new stripe(", &[0]),
    ("algoliasearch(", &[1]), ("credential(", &[1, 0, 2]), ("auth.basic(", &[1]), ("authtokens.basic(", &[1]), ("driver(", &[2]), ("sethttpbasicauth", &[1]),
    ("credentials::new(", &[1]), ("keystore.load(", &[1]), ("sp_addlogin ", &[1]), ("sp_password ", &[1, 0]),
    ("staticcredentialsprovider(", &[1]), ("aes.new(", &[0]), ("safeserializer(", &[0]), ("timedserializer(", &[0]), ("pbekeyspec(", &[0]),
    ("symmetricsecuritykey(", &[0]), ("rfc2898derivebytes(", &[0]), ("x509certificate2(", &[1]), ("createcipheriv(", &[1]),
    ("createdecipheriv(", &[1]), ("cryptojs.", &[1]), ("set_access_token(", &[1]), ("basic_auth ", &[1]), ("().basic(", &[1]),
    ("wallet(", &[0]), ("set_wallet(", &[1]), ("openrowset(", &[3]), ("aes_encrypt(", &[1]), ("aes_decrypt(", &[1]), ("bypassphrase(", &[0]),
    ("remotesecure(", &[3, 4]), ("runaswait(", &[2]), ("runas(", &[2]), ("mapnetworkdrive ", &[4]), (".hs256(", &[0]), (".hs384(", &[0]),
    (".hs512(", &[0]), (".load(", &[1]), ("ldap_bind(", &[2]), (":basic, ", &[1]), ("as400(", &[2]), ("setdatabaselogon(", &[1]), ("secretbox(", &[0]), ("unsafeplaintext(", &[0]),
    ("liveenvironment(", &[1]), ("sandboxenvironment(", &[1]), ("creds = (", &[1]), ("creds=(", &[1]), ("creds = [", &[1]), ("credentials = (", &[1]),
    ("credentials = [", &[1]), ("login = (", &[1]), ("account = (", &[1]), ("btoa(", &[0]), ("base64_encode(", &[0]), ("b64encode(", &[0]),
    ("encode64(", &[0]), ("buffer.from(", &[0]), ("encodetostring(", &[0]),
    ("new_from_slice(", &[0]), ("authenticator.generate(", &[0]), ("authenticator.check(", &[1]), ("totp.generate(", &[0]), ("newinstance(", &[2]), ("oauth1userhandler(", &[3, 1]), ("defaultprofile.getprofile(", &[2]), (".open(", &[1]), ("username_pw_set(", &[1]),
    ("fromsecretkey(", &[0]), ("fernet(", &[0]), ("pdo->__construct(", &[2]), ("database(", &[2]), ("pgp_sym_", &[1]), ("bcrypt.hash", &[0]),
    ("hashpw(", &[0]), ("secretkeyspec(", &[0]), ("set_authentication(", &[2]), ("hash::make(", &[0]), ("make_password(", &[0]), ("generate_password_hash(", &[0]),
    ("password_hash(", &[0]), ("password.create(", &[0]), ("passwordencoder.encode(", &[0]), ("argon2.hash(", &[0]), ("pwd_context.hash(", &[0]), ("hashpassword(", &[1, 0]),
    ("md5(", &[0]), ("sha1(", &[0]), ("blob.valueof(", &[0]), ("getbytes(", &[0]), ("base64encode(", &[0]), ("base64::encode(", &[0]), ("utf8.encode(", &[0]),
    ("standard.encode(", &[0]), ("base64.encode(", &[0]), ("encodebase64(", &[0]), ("tobase64(", &[0]), ("new sparkpost(", &[0]), ("serverclient(", &[0]), ("new analytics(", &[0]), ("key_set_with_value(", &[2]), ("sp_addlinkedsrvlogin ", &[4]),
];

/// Functions that take a key instead of a password.
#[rustfmt::skip]
const KEYED: &[&str] = &[
    "createhmac(", "hmac.new(", "jwt.sign(", "jwt.encode(", "jwt.verify(", "jwt.decode(", "cookieparser(", "new stripe(",
    "algoliasearch(", "fernet(", "secretkeyspec(", "aes.new(", "safeserializer(", "timedserializer(", "symmetricsecuritykey(",
    "createcipheriv(", "createdecipheriv(", "secretbox(", "wallet(", ".hs256(", ".hs384(", ".hs512(", "new_from_slice(",
    "authenticator.generate(", "authenticator.check(", "totp.generate(", "fromsecretkey(", "new sparkpost(", "serverclient(", "new analytics(",
];

/// Functions whose names are parts of others, where no capital behind a small letter says where they begin:
/// `BasicAWSCredentials`, `HTTPBasicAuth`, `authlogin`.
#[rustfmt::skip]
const WITHIN_NAMES: &[&str] = &[
    "basicauth", "digestauth", "httpauth", "auth(", "login(", "signin(", "mysqli(", "credential(", "credentials(", "connect(", "ftp(",
];

/// Functions whose first argument is a password, whatever follows it.
const HASHING: &[&str] = &[
    "bcrypt.hash",
    "hashpw(",
    "pbekeyspec(",
    "rfc2898derivebytes(",
    "bypassphrase(",
    "unsafeplaintext(",
    "hash::make(",
    "make_password(",
    "generate_password_hash(",
    "password_hash(",
    "password.create(",
    "passwordencoder.encode(",
    "argon2.hash(",
    "pwd_context.hash(",
    "hashpassword(",
    "md5(",
    "sha1(",
];

/// Functions that hash anything, and a password where the hash is compared.
const COMPARED: &[&str] = &["md5(", "sha1("];

/// Functions that derive a key from a passphrase.
const DERIVING: &[&str] = &["pbekeyspec(", "bypassphrase(", "pgp_sym_", "cryptojs."];

/// Functions that encode an account, `user:…`.
#[rustfmt::skip]
const ENCODING: &[&str] = &[
    "btoa(", "base64_encode(", "b64encode(", "encode64(", "buffer.from(", "encodetostring(", "blob.valueof(", "getbytes(",
    "base64encode(", "base64::encode(", "utf8.encode(", "standard.encode(", "base64.encode(", "encodebase64(", "tobase64(",
];

/// The keywords of this detector.
pub(crate) fn keywords() -> impl Iterator<Item = Keyword> {
    CALLS.iter().map(|(name, _)| {
        let begins = if WITHIN_NAMES.contains(name) { Begins::Anywhere } else { Begins::Part };
        Keyword { begins, ..Keyword::anywhere(name) }
    })
}

/// The password among the arguments of the call at `hit`, the one of this index.
pub(crate) fn find(text: &str, hit: &Range<usize>, index: usize) -> Option<Range<usize>> {
    let (name, positions) = CALLS[index];
    if COMPARED.contains(&name) && !text[..hit.start].ends_with("== ") {
        return None;
    }
    let open = if name.ends_with(['(', '[', ' ']) {
        hit.end
    } else {
        let limit = text.floor_char_boundary((hit.end + 40).min(text.len()));
        let window = &text[hit.end..limit];
        let at = window.find(['(', '{'])?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || "_:<>-. =\"']".contains(c);
        if !window[..at].chars().all(is_name) {
            return None;
        }
        hit.end + at + 1
    };
    if ENCODING.contains(&name) {
        return encoded_account(text, arguments(text, open).into_iter().next()??);
    }
    let arguments = arguments(text, open);
    positions.iter().find_map(|&position| {
        let range = arguments.get(position)?.clone()?;
        let written = &text[range.clone()];
        let is_key = value::is_token(written) || value::is_random(written);
        let is_only = arguments.len() == 1
            && value::is_password(written)
            && (!is_numbered_name(written) || is_numbered_word(written));
        let is_passphrase = DERIVING.contains(&name) && value::is_passphrase(written);
        let is_secret = match position {
            // A feature of a crate.
            _ if written.starts_with("dep:") => false,
            _ if is_passphrase => true,
            // Of a connection; of files, modes follow.
            1 if name == ".open(" => value::is_mixed_password(written) || is_key,
            // Of a key store, by its password's type.
            1 if name == ".load(" => {
                value::is_password(written) && text[range.end + 1..].starts_with(".toCharArray")
            }
            0 if KEYED.contains(&name) => is_key,
            0 if HASHING.contains(&name) => {
                let is_name = is_numbered_name(written) && !is_numbered_word(written);
                value::is_password(written) && !is_name
            }
            1 if name.starts_with("wifi.") || name.starts_with("wlan.") => {
                value::is_password(written) || value::is_passphrase(written)
            }
            0 => is_only,
            _ if KEYED.contains(&name) => is_key || value::is_mixed_password(written),
            _ => {
                is_key
                    || value::is_password(written)
                    || name == "login(" && value::is_application_password(written)
            }
        };
        is_secret.then_some(range)
    })
}

/// The password of an account that is encoded: `btoa("admin:…")`.
fn encoded_account(text: &str, account: Range<usize>) -> Option<Range<usize>> {
    let (user, password) = text[account.clone()].split_once(':')?;
    let is_user = !user.is_empty()
        && user.chars().all(|c| c.is_ascii_alphanumeric() || "_-.@+".contains(c))
        && user != password;
    let is_secret = value::is_password(password) || value::is_token(password);
    (is_user && is_secret).then(|| account.start + user.len() + 1..account.end)
}

/// The literals among the arguments from `start` on; `None` for each argument without one. Calls around a
/// literal are ignored: `Some("…")`, `"…".toCharArray()`.
pub(crate) fn arguments(text: &str, start: usize) -> Vec<Option<Range<usize>>> {
    // `OPENROWSET('provider', 'host';'user';'…', …)`
    const OF_PROVIDER: &[u8] = b"openrowset(";
    let name = text.as_bytes()[..start].last_chunk::<{ OF_PROVIDER.len() }>();
    let is_provider_list = name.is_some_and(|name| name.eq_ignore_ascii_case(OF_PROVIDER));
    let limit = text.floor_char_boundary((start + LONGEST).min(text.len()));
    let mut arguments = vec![None];
    let mut quote: Option<(char, usize)> = None;
    let mut depth = 0_i32;
    let mut escaped = false;
    for (at, c) in text[start..limit].char_indices() {
        let at = start + at;
        if std::mem::take(&mut escaped) {
            continue;
        }
        match (quote, c) {
            (_, '\\') => escaped = quote.is_some(),
            (Some((open, begun)), c) if c == open => {
                quote = None;
                if let Some(last) = arguments.last_mut()
                    && last.is_none()
                    && begun < at
                {
                    *last = Some(begun..at);
                }
            }
            (Some(_), '\n') => break,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some((c, at + 1)),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') if depth == 0 => break,
            (None, ')' | ']' | '}') => depth -= 1,
            (None, ',' | ';') if depth == 0 && (c == ',' || is_provider_list) => {
                if arguments.len() == MOST {
                    break;
                }
                arguments.push(None);
            }
            (None, ';') => break,
            _ => {}
        }
    }
    arguments
}
