//! Heuristics for values: generated, chosen by a person, or not a secret.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use crate::chosen;

static DUMMIES: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| words_of(include_str!("../rules/dummies.txt")));
static OF_INTERFACES: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| words_of(include_str!("../rules/interface_words.txt")));

static PUBLISHED: LazyLock<HashSet<&'static str>> =
    LazyLock::new(|| words_of(include_str!("../rules/published.txt")));

/// The words of a file in `rules`, whose comments are lines.
fn words_of(text: &'static str) -> HashSet<&'static str> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.flat_map(str::split_whitespace).collect()
}

/// Parts of placeholders.
#[rustfmt::skip]
const MARKS: &[&str] = &[
    "${", "#{", "{{", "}}", "$(", "%(", "<%", "%>", "{%", "[[", "{}", "{0}", "...", "***", "xxxx", "....", "____", "----", "<redacted", "[redacted", "redacted]",
    "example", "placeholder", "changeme", "change-me", "change_me", "changeit", "replace", "your-",
    "your_", "yoursecret", "yourapi", "yourtoken", "yourpass", "my-secret", "not-a-", "notasecret",
    "not-real", "dummy", "enc(", "process.env", "import.meta", "os.environ", "getenv", "system.getenv",
    "env.get", "env[", "secrets.", "vault:", "op://", "arn:", "secretsmanager", "keyvault", "ssm:",
    "!ref", "!sub", "fn::", "enc[", "ref+", "://", "\u{2026}", "\u{2022}\u{2022}", "lorem",
    "insert", "todo", "fixme", "ref:p@", "{cipher}",
    // The example of jwt.io.
    "eyjzdwiioiixmjm0nty3odkwiiwibmftzsi6ikpvag4grg9l",
];

/// Digits in the names of algorithms and sizes, or sequences.
#[rustfmt::skip]
pub(crate) const DIGITS: &[&str] = &[
    "123", "1234", "12345", "123456", "1234567", "12345678", "123456789", "1234567890",
    "0123456789", "321", "4321", "54321", "654321", "87654321", "987654321", "9876543210", "111",
    "1111", "000", "0000", "999", "128", "192", "256", "384", "512", "521", "224", "160", "1024",
    "2048", "3072", "4096", "25519", "448", "100", "200", "1000", "8080", "5432", "3306", "6379",
];

/// Dummies that people also choose as passwords, with a number and a sign: `Spring2024!`.
#[rustfmt::skip]
const CHOSEN: &[&str] = &[
    "spring", "monkey", "dragon", "sunshine", "princess", "football", "baseball", "superman",
    "batman", "shadow", "master", "welcome", "cookie", "hello", "ham", "acme", "contoso", "globex", "root", "secure",
    "qwert", "qwerty", "asdf", "asdfjkl", "qaz", "wsx",
];

/// The most single-character words in a plain value: a value with more is random.
const SINGLE: usize = 4;

/// Whether `value` refers to a secret stored elsewhere, or is a placeholder: `${TOKEN}`,
/// `<password>`, `your-key-here`, `[REDACTED:…]`, `process.env.KEY`.
pub(crate) fn is_placeholder(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let enclosed = |open: char, close: char| lower.starts_with(open) && lower.ends_with(close);
    let reference = |mark: char| {
        lower
            .strip_prefix(mark)
            .is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
            && lower[1..].bytes().all(|byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b':' | b'%')
            })
    };
    MARKS.iter().any(|mark| contains_mark(value, &lower, mark))
        || has_format(&lower) && !is_noise(value)
        || enclosed('<', '>')
        || enclosed('{', '}')
        || enclosed('[', ']')
        || enclosed('(', ')')
        || (enclosed('%', '%') && lower.len() > 2)
        || (enclosed('@', '@') && lower.len() > 2)
        || enclosed('_', '_')
        || reference('$')
        || (lower.starts_with(':') && is_name(&lower[1..]))
}

/// Whether a part of a placeholder is in `value`, whose lower case is `lower`. In a random value, signs stand for nothing, nor
/// do letters in both cases: `x1BLOrems`.
fn contains_mark(value: &str, lower: &str, mark: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphabetic();
    let (is_word, is_of_signs) = (mark.bytes().all(is_letter), !mark.bytes().any(is_letter));
    lower.match_indices(mark).any(|(at, _)| {
        let written = value.as_bytes().get(at..at + mark.len()).unwrap_or_default();
        let tail = written.get(1..).unwrap_or_default();
        let is_in_one_case =
            written.iter().all(u8::is_ascii_uppercase) || tail.iter().all(u8::is_ascii_lowercase);
        !(is_word && !is_in_one_case || is_of_signs && is_noise(value))
    })
}

/// Whether a conversion of `printf` stands in `value`: `%s`, but not `a%d3`.
fn has_format(value: &str) -> bool {
    value.match_indices('%').any(|(at, _)| {
        let rest = &value[at + 1..];
        rest.starts_with(['s', 'd', 'v', '@'])
            && !rest[1..].starts_with(|c: char| c.is_ascii_alphanumeric())
    })
}

/// Whether `value` consists of words that don't occur in secrets (`test-password-1`), or of one
/// repeated character or a sequence.
pub(crate) fn is_plain(value: &str) -> bool {
    let single = words(value).filter(|word| word.len() == 1).count();
    is_repetitive(value)
        || (single <= SINGLE && words(value).all(is_dummy_word) && !is_chosen(value))
}

/// Whether `value` is a word that people choose with a number and a sign, as they add them where a password must have
/// them. Numbers in order and `!` alone are those of manuals: `Welcome1!`, `Dragon123!`.
fn is_chosen(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let is_counted = |word: &str| DIGITS.contains(&word);
    let is_word = |word: &str| CHOSEN.iter().any(|one| one.eq_ignore_ascii_case(word));
    // `R00t`, `S3cur3`
    let has_spelt = || {
        let mut parts = value.split(|c: char| !c.is_ascii_alphanumeric());
        parts.any(|part| is_word(&spelt_out(part)))
    };
    is_word_with_year(value)
        || digits >= 2
            && value.bytes().any(|byte| b"!@#$^&*?+~._".contains(&byte))
            && (words(value).any(is_word) || has_spelt())
            && !words(value).any(is_counted)
}

/// Whether `value` is a word with a capital, a sign and a year, as people choose them, and not one of manuals: `Max#2024`.
fn is_word_with_year(value: &str) -> bool {
    #[rustfmt::skip]
    const OF_MANUALS: &[&str] = &[
        "password", "passwort", "passw", "passwd", "pass", "secret", "changeme", "change", "example", "test", "user", "admin", "your",
        "placeholder", "token", "key", "string", "value", "default", "demo", "sample", "welcome", "login",
    ];
    let word =
        value.trim_end_matches(['!', '#', '.', '?']).trim_end_matches(|c: char| c.is_ascii_digit());
    let number = value[word.len()..].trim_end_matches(['!', '#', '.', '?']);
    let name = word.trim_end_matches(['@', '#', '!', '$', '*', '?']);
    number.len() == 4
        && (number.starts_with("19") || number.starts_with("20"))
        && name.len() < word.len()
        && name.len() >= 3
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().skip(1).all(|byte| byte.is_ascii_lowercase())
        && !OF_MANUALS.iter().any(|one| name.eq_ignore_ascii_case(one))
}

/// A word whose letters are written as digits that look like them.
fn spelt_out(word: &str) -> String {
    let letter = |c: char| match c {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        other => other,
    };
    word.chars().map(letter).collect()
}

/// Whether `value`, whose escapes have been decoded, has small letters, capitals, digits and a sign throughout, and none of a
/// program's or a pattern's brackets.
pub(crate) fn is_mixed_literal(value: &str) -> bool {
    is_mixed_throughout(value)
        && value.bytes().all(|byte| byte.is_ascii_graphic())
        && value.bytes().filter(|byte| *byte == b'\\').count() <= 1
        && !value.contains(['(', ')', '[', ']', '{', '}'])
        && !is_placeholder(value)
        && !is_plain(value)
}

/// Whether `value` is a password as Apple's keychain suggests them: three groups of six small letters, of which one is a
/// capital and one a digit.
pub(crate) fn is_keychain_password(value: &str) -> bool {
    let count = |is: fn(&u8) -> bool| value.bytes().filter(is).count();
    value.len() == 20
        && value
            .split('-')
            .all(|group| group.len() == 6 && group.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        && count(u8::is_ascii_uppercase) == 1
        && count(u8::is_ascii_digit) == 1
}

/// Whether `value` is the seed of one-time passwords as it is shown for typing: four or eight groups of four characters of base32.
pub(crate) fn is_spaced_seed(value: &str) -> bool {
    // WordPress shows six groups of letters and digits.
    let is_mixed =
        |group: &str| group.len() == 4 && group.bytes().all(|b| b.is_ascii_alphanumeric());
    if value.len() == 29 && value.split(' ').all(is_mixed) {
        return value.bytes().filter(u8::is_ascii_digit).count() >= 2;
    }
    let is_of_base32 = |byte: u8| byte.is_ascii_alphabetic() || matches!(byte, b'2'..=b'7');
    let is_group = |group: &str| group.len() == 4 && group.bytes().all(is_of_base32);
    matches!(value.len(), 19 | 39)
        && value.split(' ').all(is_group)
        && value.bytes().any(|byte| byte.is_ascii_digit())
}

/// `value` as it is meant where it stands: without the backslashes, Unicode escapes and references by which JSON, settings
/// and HTML write signs. `None` if there are none.
pub(crate) fn unescaped(value: &str) -> Option<String> {
    if !value.contains(['\\', '&']) {
        return None;
    }
    let mut meant = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(c) = rest.chars().next() {
        let (decoded, length) = escape(rest).unwrap_or((c, c.len_utf8()));
        meant.push(decoded);
        rest = &rest[length..];
    }
    (meant != value).then_some(meant)
}

/// The character that is escaped at the beginning of `text`, and in how many bytes.
fn escape(text: &str) -> Option<(char, usize)> {
    const NAMED: &[(&str, char)] =
        &[("&amp;", '&'), ("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&apos;", '\'')];
    if let Some(number) = text.strip_prefix("&#") {
        let digits = number.bytes().take(4).take_while(u8::is_ascii_digit).count();
        let c = number[..digits].parse().ok().and_then(char::from_u32)?;
        return number[digits..].starts_with(';').then_some((c, digits + 3));
    }
    if let Some((name, c)) = NAMED.iter().find(|(name, _)| text.starts_with(name)) {
        return Some((*c, name.len()));
    }
    let behind = text.strip_prefix('\\')?;
    if let Some(hex) = behind.strip_prefix('u').and_then(|rest| rest.get(..4)) {
        return u32::from_str_radix(hex, 16).ok().and_then(char::from_u32).map(|c| (c, 6));
    }
    let sign = behind.chars().next().filter(char::is_ascii_punctuation)?;
    Some((sign, 2))
}
/// Whether a token in a provider's format is a dummy: made of `x`s, of the alphabet in order, or
/// with `EXAMPLE` in it.
pub(crate) fn is_dummy_token(token: &str) -> bool {
    // The last group of a UUID is too short to tell.
    let uuid = token
        .len()
        .checked_sub(UUID_LENGTH)
        .and_then(|at| token.get(at..))
        .filter(|uuid| is_uuid(uuid));
    let tail = uuid.unwrap_or_else(|| {
        let mut parts = token.rsplit(['-', '_', '.', ':', '/', '$']);
        parts.find(|part| part.len() >= 12).unwrap_or(token)
    });
    is_placeholder(token) || is_repetitive(tail) || is_plain(token)
}

/// Whether `value` looks generated: digits among letters throughout, or letters in no order, in 16 or more characters
/// that need no quoting.
pub(crate) fn is_token(value: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_-+/=.~:%".contains(&byte);
    value.len() >= 16
        && value.bytes().all(fits)
        && value.bytes().any(|byte| byte.is_ascii_alphabetic())
        && (value.bytes().any(|byte| byte.is_ascii_digit()) && mixing(value) >= 0.2
            || is_scrambled(value)
            || is_of_capitals_in_no_order(value))
        && !is_typed_number(value)
        && !is_dummy_token(value)
}

/// Whether `value` is capitals in no order with digits among them, as in base32.
fn is_of_capitals_in_no_order(value: &str) -> bool {
    const FEWEST_DIGITS: usize = 2;
    const FEWEST_PAIRS: usize = 8;
    value.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && value.bytes().filter(u8::is_ascii_digit).count() >= FEWEST_DIGITS
        && has_unusual_pairs(value, FEWEST_PAIRS)
}

/// Whether `value` is as many hexadecimal digits as a hash has.
pub(crate) fn is_hash(value: &str) -> bool {
    matches!(value.len(), 40 | 64 | 96 | 128) && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The length of a UUID, in bytes.
pub(crate) const UUID_LENGTH: usize = 36;

/// Whether `value` is 8-4-4-4-12 hexadecimal digits, perhaps behind `urn:uuid:`.
pub(crate) fn is_uuid(value: &str) -> bool {
    let value = value.strip_prefix("urn:uuid:").unwrap_or(value);
    value.len() == UUID_LENGTH
        && value.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Whether `value` looks like a password chosen by a person or a program: 6 or more characters, letters with digits or
/// punctuation between them or in no order, and not made of words from manuals' example passwords.
pub(crate) fn is_password(value: &str) -> bool {
    if !(6..=200).contains(&value.len())
        || value.contains(|c: char| c.is_whitespace() || c.is_control())
    {
        return false;
    }
    let letters = value.chars().any(char::is_alphabetic);
    let digits = value.bytes().any(|byte| byte.is_ascii_digit());
    let inner = value.trim_matches(|c: char| !c.is_alphanumeric());
    let signs =
        inner.len() >= 5 && inner.contains(['!', '$', '%', '^', '&', '*', '#', '+', '~', '?', '@']);
    letters
        && (digits || signs || is_scrambled(value))
        && !is_typed_number(value)
        && !is_placeholder(value)
        && !is_plain(value)
        && !is_code(value)
}

/// Whether `value` is a number with its type, as in Rust and C: `-1073417669i32`, `0xC004F214_u32`, `4711UL`.
fn is_typed_number(value: &str) -> bool {
    const TYPES: &[&str] = &[
        "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize",
        "f32", "f64", "L", "UL", "ULL", "LL", "U",
    ];
    let number = value.strip_prefix('-').unwrap_or(value);
    if let Some(digits) = number.strip_prefix("0x") {
        // Of 64 bits at most; longer ones may be keys.
        let kind = digits.trim_start_matches(|c: char| c.is_ascii_hexdigit() || c == '_');
        let is_short = digits.len() - kind.len() <= 17 || digits.contains('_');
        return is_short && (kind.is_empty() || TYPES.contains(&kind));
    }
    let kind = number.trim_start_matches(|c: char| c.is_ascii_digit() || c == '_');
    kind.len() < number.len() && TYPES.contains(&kind)
}

/// As [`is_password`], so mixed that hardly a name is written so: `Winter#1363G8Q`, `wFA2-hXnK-4yns`.
pub(crate) fn is_mixed_password(value: &str) -> bool {
    let has = |class: Class| value.bytes().any(|byte| Class::of(byte) == class);
    // A plus joins words too: `Ctrl+Shift+P2`.
    let has_sign = value.bytes().any(|byte| b"!@#$%^&*?~".contains(&byte));
    value.len() >= 10
        && value.bytes().all(|byte| byte.is_ascii_graphic())
        && has(Class::Lower)
        && has(Class::Upper)
        && (has(Class::Digit) && (mixing(value) >= 0.3 || has_sign) || is_scrambled(value))
        && !value.contains(['(', ')', '[', ']', '{', '}', '<', '>', '"', '\'', '`', ','])
        && is_password(value)
}

/// Whether the letters of `value` are in no order: capitals anywhere, and pairs of letters that words don't have. By
/// hand; of random texts of 12 letters, three in four are, and of names of two words, one in a thousand.
pub(crate) fn is_scrambled(value: &str) -> bool {
    const FEWEST_PAIRS: usize = 7;
    let Pairs { all, common, to_capital } = Pairs::of(value);
    let small = value.bytes().filter(u8::is_ascii_lowercase).count();
    let is_mixed = small >= 2 && to_capital * 4 >= all && !is_snake_case(value);
    is_mixed && all >= FEWEST_PAIRS && (common * 2 < all || has_single_small_letters(value))
        || is_grouped(value)
        || chosen::is_pair_of_groups(value)
}

/// Whether `value` consists of words joined by `_`, none of which has letters in both cases but for its first: a name, as in
/// `anon_sym_GT_GT`.
fn is_snake_case(value: &str) -> bool {
    let is_word = |word: &str| {
        let rest = word.as_bytes().get(1..).unwrap_or_default();
        let has_small = rest.iter().any(u8::is_ascii_lowercase);
        let has_capital = rest.iter().any(u8::is_ascii_uppercase);
        !(has_small && has_capital)
    };
    value.contains('_')
        && value.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && value.split('_').all(is_word)
}

/// As [`is_scrambled`], of letters of which hardly two stand together in words: at most a third of the pairs do.
pub(crate) fn is_wholly_scrambled(value: &str) -> bool {
    let Pairs { all, common, to_capital } = Pairs::of(value);
    let small = value.bytes().filter(u8::is_ascii_lowercase).count();
    small >= 2 && all >= 9 && to_capital * 4 >= all && common * 3 <= all
}

/// Whether there are at least `fewest` pairs of letters, and less than half of them are those that words have.
///
/// Measured for values with digits and with capitals among small letters: of random ones of 8 to 14 characters, 59 to 82 %
/// have three pairs or more and are told so; of 2,900 names in public projects, 0.7 %. In one case only, 42 % of those of
/// 12 characters have six pairs or more and are told so, and 2 % of the names.
pub(crate) fn has_unusual_pairs(value: &str, fewest: usize) -> bool {
    let Pairs { all, common, .. } = Pairs::of(value);
    all >= fewest && common * 2 < all
}

/// The pairs of ASCII letters that stand side by side.
pub(crate) struct Pairs {
    pub(crate) all: usize,
    /// Those that words have.
    pub(crate) common: usize,
    /// Those that end with a capital.
    to_capital: usize,
}

impl Pairs {
    pub(crate) fn of(value: &str) -> Self {
        let mut pairs = Self { all: 0, common: 0, to_capital: 0 };
        let are_letters = |pair: &&[u8]| pair.iter().all(u8::is_ascii_alphabetic);
        for pair in value.as_bytes().windows(2).filter(are_letters) {
            pairs.all += 1;
            pairs.common += usize::from(is_common_pair(pair[0], pair[1]));
            pairs.to_capital += usize::from(pair[1].is_ascii_uppercase());
        }
        pairs
    }
}

/// Whether a small letter stands between two capitals more than once, as in `pVkOyRk`; in names, it does where a word has
/// two letters.
fn has_single_small_letters(value: &str) -> bool {
    const WORDS: &[&str] = &[
        "As", "At", "By", "Db", "Do", "Go", "Id", "If", "In", "Io", "Ip", "Is", "It", "Me", "My",
        "No", "Of", "Ok", "On", "Or", "So", "To", "Ui", "Up", "Us", "Vm", "We",
    ];
    let is_single = |three: &&[u8]| {
        three[0].is_ascii_uppercase()
            && three[1].is_ascii_lowercase()
            && three[2].is_ascii_uppercase()
            && !WORDS.iter().any(|word| word.as_bytes() == &three[..2])
    };
    value.as_bytes().windows(3).filter(is_single).count() >= 2
}

/// Whether `value` is three groups or more of as many characters each, with a capital within one of them, as generators
/// write passwords: `AMOL-tCti-GCLi`.
fn is_grouped(value: &str) -> bool {
    let mut groups = value.split('-');
    let length = groups.next().map_or(0, str::len);
    let others = groups.clone().count();
    let is_alike =
        |group: &str| group.len() == length && group.bytes().all(|b| b.is_ascii_alphanumeric());
    (4..=8).contains(&length) && others >= 2 && groups.all(is_alike) && has_inner_capital(value)
}

/// Whether a capital follows a small letter somewhere, both in ASCII.
pub(crate) fn has_inner_capital(text: &str) -> bool {
    text.as_bytes()
        .windows(2)
        .any(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase())
}

/// Whether two ASCII letters often stand together in words, ignoring case.
fn is_common_pair(first: u8, second: u8) -> bool {
    let place = |letter: u8| usize::from(letter.to_ascii_lowercase() - b'a');
    COMMON_PAIRS[place(first)] >> place(second) & 1 == 1
}

/// For each letter, a bit for each that often follows it.
static COMMON_PAIRS: [u32; 26] = {
    let lines = include_str!("../rules/letter_pairs.txt").as_bytes();
    let mut pairs = [0; 26];
    let mut at = 0;
    while at < lines.len() {
        let first = lines[at];
        // A letter, a blank, and letters up to the line's end; or a comment.
        while at < lines.len() && lines[at] != b'\n' {
            if first != b'#' && at >= 2 && lines[at - 1] != b'\n' && lines[at] != b' ' {
                pairs[(first - b'a') as usize] |= 1 << (lines[at] - b'a');
            }
            at += 1;
        }
        at += 1;
    }
    pairs
};

/// Whether `value` is long and mixed enough to be random, whatever characters it is made of.
pub(crate) fn is_random(value: &str) -> bool {
    let classes = [Class::Lower, Class::Upper, Class::Digit, Class::Sign];
    let present =
        classes.iter().filter(|class| value.bytes().any(|byte| Class::of(byte) == **class));
    value.len() >= 20
        && value.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && present.count() >= 3
        && mixing(value) >= 0.3
        && !is_dummy_token(value)
}

/// The shortest that [`is_strong_token`] accepts, in bytes, and the fewest digits in it.
pub(crate) const SHORTEST_STRONG: usize = 20;
pub(crate) const FEWEST_DIGITS_OF_STRONG: usize = 3;

/// As [`is_token`], so long and mixed that hardly anything else is written so, even where the name says
/// little. Hashes and UUIDs are left out by their lengths.
pub(crate) fn is_strong_token(value: &str) -> bool {
    let is_hex = value.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    value.len() >= SHORTEST_STRONG
        && digits >= FEWEST_DIGITS_OF_STRONG
        && !(is_hex && matches!(value.len(), 36 | 40 | 64 | 96 | 128))
        && !value.contains(['/', '.', ':', '%'])
        && is_token(value)
        && mixing(value) >= 0.25
}

/// Whether `value` is a secret where the place says that it must be one, such as behind `docker login -p`:
/// anything that is no placeholder, no variable and not made of words from manuals.
pub(crate) fn is_given(value: &str) -> bool {
    (5..=512).contains(&value.len())
        && !value.contains(|c: char| c.is_whitespace() || c.is_control())
        && !value.starts_with(['-', '$', '<', '{', '/', '.', '~', '%'])
        && !value.ends_with(['(', ')'])
        && value.bytes().any(|byte| !byte.is_ascii_digit())
        && !is_placeholder(value)
        && !is_plain(value)
        && !is_redacted(value)
}

/// Whether `value` is the twelve to twenty-four words of a wallet's seed (BIP 39).
pub(crate) fn is_mnemonic(value: &str) -> bool {
    let words: Vec<&str> = value.split_ascii_whitespace().collect();
    let distinct: HashSet<&str> = words.iter().copied().collect();
    matches!(words.len(), 12 | 15 | 18 | 21 | 24)
        && distinct.len() * 3 >= words.len() * 2
        && words.iter().all(|word| {
            (3..=8).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase())
        })
}

/// Whether `value` is four groups of four small letters, as [`is_application_password`] has them, whatever they are made of.
pub(crate) fn is_of_four_groups(value: &str) -> bool {
    let is_group = |group: &str| group.len() == 4 && group.bytes().all(|b| b.is_ascii_lowercase());
    value.len() == 19 && value.split(' ').all(is_group)
}

/// Whether `value` is what Google and Apple give applications as a password: four groups of four small letters.
pub(crate) fn is_application_password(value: &str) -> bool {
    let separator = if value.contains('-') { '-' } else { ' ' };
    let is_group = |group: &str| group.len() == 4 && group.bytes().all(|b| b.is_ascii_lowercase());
    let are_words = || value.split(separator).all(|word| DUMMIES.contains(word));
    // Without the blanks.
    let is_joined = value.len() == 16 && value.bytes().all(|byte| byte.is_ascii_lowercase());
    if is_joined {
        return has_unusual_pairs(value, 10);
    }
    value.len() == 19
        && value.split(separator).all(is_group)
        && (separator == '-' && !are_words() || has_unusual_pairs(value, 8))
}

/// Whether `value` is the key of a wireless network as a label on the router has it: 16 or 20 digits, perhaps in groups of four.
pub(crate) fn is_router_key(value: &str) -> bool {
    let is_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    let groups = value.split('-');
    let is_grouped = groups.clone().all(|group| group.len() == 4 && is_digits(group));
    (matches!(value.len(), 16 | 20) && is_digits(value)
        || matches!(value.len(), 19 | 24) && is_grouped)
        && !is_plain(value)
        && !is_repetitive(value)
}

/// Whether `value` is a passphrase: three words or more that say nothing of passwords and programs, in small letters or each
/// with a capital, with the same sign between them (four with a blank).
pub(crate) fn is_passphrase(value: &str) -> bool {
    let is_title = value.split(['-', '.']).all(|word| {
        let mut letters = word.bytes();
        letters.next().is_some_and(|first| first.is_ascii_uppercase())
            && letters.all(|byte| byte.is_ascii_lowercase())
    });
    let value =
        &*if is_title { Cow::Owned(value.to_ascii_lowercase()) } else { Cow::Borrowed(value) };
    let Some(separator) = value.chars().find(|c| !c.is_ascii_lowercase()) else { return false };
    let (value, is_numbered) = without_number(value, separator);
    let fewest = if separator == ' ' { 4 } else { 3 };
    let is_word = |word: &str| {
        (3..=10).contains(&word.len())
            && word.bytes().all(|byte| byte.is_ascii_lowercase())
            && !is_of_programs(word)
    };
    (matches!(separator, '-' | '.' | ' ') || is_numbered && separator == '_')
        && (fewest..=10).contains(&value.split(separator).count())
        && value.split(separator).all(is_word)
}

/// Whether a word in small letters is one of dummies, programs or messages, but not of those that people choose.
pub(crate) fn is_of_programs(word: &str) -> bool {
    (DUMMIES.contains(word) || OF_INTERFACES.contains(word)) && !CHOSEN.contains(&word)
}

/// A passphrase without the number that some add to its last word, or behind it, and whether there is one. It has two digits
/// or more.
fn without_number(value: &str, separator: char) -> (&str, bool) {
    let stem = value.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = value.len() - stem.len();
    if digits < 2 {
        return (value, false);
    }
    let stem = stem.strip_suffix([separator, '-']).unwrap_or(stem);
    // A second number: `copper98-2292`.
    let words = stem.trim_end_matches(|c: char| c.is_ascii_digit());
    (words, true)
}

/// The text that `value` is the base64 of, if it is one of printable ASCII.
pub(crate) fn decoded_base64(value: &str) -> Option<String> {
    if value.len() < 8 || value.len() > 4096 {
        return None;
    }
    let unpadded = value.trim_end_matches('=');
    if unpadded.len() % 4 == 1 || (unpadded.len() != value.len() && !value.len().is_multiple_of(4))
    {
        return None;
    }
    let text = String::from_utf8(base64(value)?).ok()?;
    let text = text.trim_end_matches('\n').to_owned();
    text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ').then_some(text)
}

/// Whether `value`, or a part of it between dots, is one that a standard or a manual prints.
pub(crate) fn is_published(value: &str) -> bool {
    PUBLISHED.contains(value)
        || PUBLISHED.contains(&*value.to_ascii_lowercase())
        || value.split('.').any(|part| PUBLISHED.contains(part))
}

/// The bytes that `value` has the hexadecimal digits of.
pub(crate) fn bytes_of_hex(value: &str) -> Option<Vec<u8>> {
    const SHORTEST: usize = 16;
    if value.len() < SHORTEST || !value.len().is_multiple_of(2) || !value.is_ascii() {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(&value[at..at + 2], 16).ok();
    (0..value.len()).step_by(2).map(byte).collect()
}

/// The text that `value` has the hexadecimal digits of, if it is one of printable ASCII without blanks.
pub(crate) fn decoded_hex(value: &str) -> Option<String> {
    let bytes = bytes_of_hex(value).filter(|bytes| bytes.iter().all(u8::is_ascii_graphic));
    String::from_utf8(bytes?).ok()
}

fn is_redacted(value: &str) -> bool {
    value.contains("[REDACTED")
}

/// Whether `value` is the base64 of `user:password` with a password that isn't a dummy.
pub(crate) fn is_basic_credential(value: &str) -> bool {
    let Some(decoded) = base64(value) else { return false };
    let Ok(text) = String::from_utf8(decoded) else { return false };
    let Some((user, password)) = text.split_once(':') else { return false };
    // The example of RFC 7617.
    let is_example = password == "open sesame";
    !text.contains(char::is_control)
        && !is_example
        && password.len() >= 3
        && user != password
        && !is_placeholder(password)
        && !is_plain(password)
}

#[derive(PartialEq, Clone, Copy)]
enum Class {
    Lower,
    Upper,
    Digit,
    /// Punctuation that doesn't separate words.
    Sign,
    Other,
}

impl Class {
    fn of(byte: u8) -> Self {
        match byte {
            b'a'..=b'z' => Self::Lower,
            b'A'..=b'Z' => Self::Upper,
            b'0'..=b'9' => Self::Digit,
            b'-' | b'_' | b'.' | b'/' | b':' => Self::Other,
            byte if byte.is_ascii_punctuation() => Self::Sign,
            _ => Self::Other,
        }
    }
}

/// The rate of class changes between adjacent characters. A capital at the beginning of a word and
/// word separators don't count. Words have almost none; random hexadecimal digits and base64 a
/// third to a half.
fn mixing(value: &str) -> f64 {
    let bytes = value.as_bytes();
    let changes = bytes.windows(2).filter(|pair| {
        let (one, two) = (Class::of(pair[0]), Class::of(pair[1]));
        one != two
            && one != Class::Other
            && two != Class::Other
            && (one, two) != (Class::Upper, Class::Lower)
    });
    changes.count() as f64 / bytes.len().max(1) as f64
}

/// Whether a value is part of a program or a document rather than a secret.
fn is_code(value: &str) -> bool {
    let pair = |open, close| value.find(open).is_some_and(|at| value[at..].contains(close));
    let is_address = value.split_once('@').is_some_and(|(name, host)| {
        let top = host.rsplit_once('.').map(|(_, top)| top);
        top.is_some_and(|top| top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic()))
            && is_name(name)
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b))
    });
    // As Java shows an object.
    let is_object = value.rsplit_once('@').is_some_and(|(class, hash)| {
        hash.len() <= 8
            && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
            && class.contains('.')
            && class.split('.').all(is_name)
    });
    // `Lab.umber_5392` has a longer number than names have.
    let digits = value.len() - value.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let dotted = value.contains('.') && value.split('.').all(is_name) && digits < 3;
    let is_mixed = is_mixed_throughout(value);
    if value.contains('\\') || is_noise(value) {
        return value.contains('\\');
    }
    // The rules of a field: `required|min:12|confirmed`.
    let is_rule = |rule: &str| {
        rule.starts_with(|c: char| c.is_ascii_lowercase())
            && rule
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_:,".contains(&b))
    };
    let are_rules = value.contains('|') && value.split('|').all(is_rule);
    are_rules
        || value.starts_with([',', ';', ':', ')', '|', '=', '/', '>'])
        || (value.starts_with(['+', '.', '-']) && !is_mixed)
        || pair('(', ')')
        || pair('[', ']')
        || pair('<', '>')
        || pair('{', '}')
        || value.matches('/').count() > 1
        || is_address
        || is_object
        || (dotted
            && !is_mixed
            && !chosen::is_numbered_words(value)
            && !chosen::is_spelt_with_capitals(value))
        || (value.contains("==") && !is_mixed)
        || value.contains("::")
        || value.contains("&&")
}

/// Whether letters in both cases, digits and several signs follow each other without a word among them, as in
/// `TN+y?e4{sJo)Zwil:=qG`; in programs and patterns, there are words or ranges.
pub(crate) fn is_noise(value: &str) -> bool {
    const FEWEST: usize = 14;
    const LONGEST_WORD: usize = 4;
    const SIGNS: &[u8] = b"!#%^&*()_+-=[]{}|;:,.<>?@$~";
    let has = |class: Class| value.bytes().any(|byte| Class::of(byte) == class);
    let signs = SIGNS.iter().filter(|sign| value.as_bytes().contains(sign)).count();
    let is_word = |run: &str| run.len() > LONGEST_WORD;
    let has_word = |is: fn(&char) -> bool| value.split(|c: char| !is(&c)).any(is_word);
    let of_programs = ["a-z", "A-Z", "0-9", "(?", "::", "->", "=>", "()", ">>"];
    value.len() >= FEWEST
        && value.bytes().all(|byte| byte.is_ascii_graphic())
        && has(Class::Lower)
        && has(Class::Upper)
        && has(Class::Digit)
        && signs >= 4
        && mixing(value) >= 0.35
        && !has_word(char::is_ascii_lowercase)
        && !has_word(char::is_ascii_uppercase)
        && !of_programs.iter().any(|part| value.contains(part))
}

/// Whether small letters, capitals and digits change so often that no part of a program is written so.
fn is_mixed_throughout(value: &str) -> bool {
    let has = |class: Class| value.bytes().any(|byte| Class::of(byte) == class);
    value.len() >= 10
        && has(Class::Lower)
        && has(Class::Upper)
        && has(Class::Digit)
        && mixing(value) >= 0.25
}

fn is_name(value: &str) -> bool {
    value.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Whether most adjacent characters are equal or consecutive, or few distinct characters occur.
fn is_repetitive(value: &str) -> bool {
    let bytes = value.as_bytes();
    if bytes.len() < 3 {
        return true;
    }
    let steps = bytes.windows(2).filter(|pair| pair[1].wrapping_sub(pair[0]) <= 1).count();
    let distinct = bytes.iter().collect::<HashSet<_>>().len();
    steps * 2 >= bytes.len() || distinct * 5 < bytes.len().min(40) || distinct <= 2
}

/// The words of `value`: runs of letters, split where a capital follows a small letter, and runs of
/// digits.
pub(crate) fn words(value: &str) -> impl Iterator<Item = &str> {
    let mut rest = value;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric());
        let mut previous = rest.chars().next()?;
        let end = rest.char_indices().skip(1).find_map(|(at, c)| {
            let parts = !c.is_alphanumeric()
                || c.is_ascii_digit() != previous.is_ascii_digit()
                || (c.is_uppercase() && previous.is_lowercase());
            previous = c;
            parts.then_some(at)
        });
        let word;
        (word, rest) = rest.split_at(end.unwrap_or(rest.len()));
        Some(word)
    })
}

/// Whether a number is one that names end with: of an algorithm, a size or a sequence.
pub(crate) fn is_common_number(digits: &str) -> bool {
    let is_one = |digits: &str| digits.bytes().all(|byte| digits.as_bytes().first() == Some(&byte));
    DIGITS.contains(&digits) || is_one(digits)
}

fn is_dummy_word(word: &str) -> bool {
    if word.bytes().all(|byte| byte.is_ascii_digit()) {
        let is_year = word.len() == 4 && (word.starts_with("19") || word.starts_with("20"));
        return word.len() <= 2 || is_year || DIGITS.contains(&word) || is_repetitive(word);
    }
    word.chars().nth(1).is_none() || consists_of_dummies(&word.to_lowercase())
}

/// Whether `word` is a dummy, or several concatenated: `mysecrettoken`.
fn consists_of_dummies(word: &str) -> bool {
    const LONGEST: usize = 48;
    if DUMMIES.contains(word) {
        return true;
    }
    if word.len() > LONGEST || !word.is_ascii() {
        return false;
    }
    // reachable[n]: the first n bytes can be split into dummies of two letters or more.
    let mut reachable = [false; LONGEST + 1];
    reachable[0] = true;
    for end in 2..=word.len() {
        reachable[end] =
            (0..=end - 2).any(|start| reachable[start] && DUMMIES.contains(&word[start..end]));
    }
    reachable[word.len()]
}

/// Decodes `text` from base64 in either alphabet; `None` if it isn't valid.
pub(crate) fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut buffer, mut bits) = (0_u32, 0);
    for byte in text.trim_end_matches('=').bytes() {
        let digit = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        buffer = buffer << 6 | u32::from(digit);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((buffer >> bits & 0xff) as u8);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_told_from_programs_and_patterns() {
        for noise in ["TN+y?e4{sJo)Zwil:=qG", "JMCD8>bc9(rl]tdqs!WO", "gGDGvG]#24&0.rB=18vz"] {
            assert!(is_noise(noise), "{noise}");
        }
        let others = [
            "items[i].Value2==other(x)",
            "^(?=.*[A-Z])(?=.*[0-9]).{8,}$",
            "{{.Values.db1.Password}}",
            "a[0]->B&c==D1",
            "(?:[A-Za-z0-9+/]{4})*",
            "OnceLock<Vec<u8>>,",
            ".LOOKAHEAD(\"ms=s+1,me=e-1",
            "Foo::Bar2<Baz>(qux)",
        ];
        for other in others {
            assert!(!is_noise(other), "{other}");
        }
    }

    #[test]
    fn words_are_taken_apart() {
        let all = |value| words(value).collect::<Vec<_>>();
        assert_eq!(all("mySecret-key_2x"), ["my", "Secret", "key", "2", "x"]);
        assert_eq!(all("--"), [""; 0]);
        assert_eq!(all("größeÜber"), ["größe", "Über"]);
    }

    #[test]
    fn plain_values_are_told_from_made_up_ones() {
        for plain in [
            "password",
            "test123",
            "my-secret-key",
            "mysecrettoken",
            "user1",
            "sha256",
            "changeMe",
            "TestPassword2024",
            "xxxxxxxx",
            "1234567890",
            "abcdefgh",
            "aaaaBBBB",
        ] {
            assert!(is_plain(plain), "{plain}");
        }
        for real in ["hunter2", "tr0ub4dor", "k3yb0ard", "correcthorse"] {
            assert!(!is_plain(real), "{real}");
        }
    }

    #[test]
    fn tokens_mix_letters_and_digits() {
        for token in ["9f86d081884c7d659a2feaa0c55ad015", "Xk29fLq0ZpW7sTb41v", "MWYyZDFlMmU2N2Rm"]
        {
            assert!(is_token(token), "{token} {}", mixing(token));
        }
        for other in [
            "user-password-field-2",
            "ApplicationSettings2",
            "com.example.token1.provider",
            "0123456789abcdef0123456789abcdef",
            "v1.2.3-beta.4+build.5",
            "short1",
        ] {
            assert!(!is_token(other), "{other}");
        }
    }

    #[test]
    fn letters_in_no_order_are_told_from_words() {
        assert!(is_common_pair(b'T', b'h') && is_common_pair(b'i', b'n'));
        assert!(!is_common_pair(b'q', b'z') && !is_common_pair(b'x', b'k'));
        for scrambled in ["LfCmYoQlhdmd", "XcjFFNxjJhnrIYaFOQLC", "DcBm-zKKR-XqNN", "llWKaKzmKQo8j"]
        {
            assert!(is_scrambled(scrambled), "{scrambled}");
        }
        for words in [
            "currentPasswordField",
            "HTTPSProxyAuth",
            "getElementById",
            "XMLHttpRequest",
            "PASSWORD_RESET",
            "aReallyLongIdOfAUser",
            "userPwdHashDb",
            "NSURLSessionTask",
            "UTF8String",
            "szczegolyHasla",
        ] {
            assert!(!is_scrambled(words), "{words}");
        }
    }

    #[test]
    fn passwords_are_not_code() {
        for password in ["hunter2", "pa$$w0rd!x", "S3cr3t!", "Tr0ub4dor&3", "9kz#Lm"] {
            assert!(is_password(password), "{password}");
        }
        for other in [
            "secret",
            "Password",
            "#password",
            "user@mail.org",
            "a.b2.c",
            "/etc/x1",
            "f(x1)",
            "${PW1}",
            "<pw1>",
            "abc def1",
            "it's2 long",
            "\\d+x",
            "input[name=pw1]",
            "$PASSWORD1",
            "Passwort",
            "-1073417669i32",
            "0xC004F214_u32",
            "0xC004F214",
        ] {
            assert!(!is_password(other), "{other}");
        }
    }

    #[test]
    fn basic_credentials_are_decoded() {
        assert!(is_basic_credential("YWxhZGRpbjpvcGVuc2VzYW1lOTk="));
        assert!(!is_basic_credential("dXNlcjpwYXNzd29yZA=="), "user:password");
        assert!(!is_basic_credential("authentication"));
        assert!(!is_basic_credential("Z2liYmVyaXNo"), "no colon");
    }
}
