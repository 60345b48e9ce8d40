//! Values in sentences: `the old password was …`, `密码是…`; and values of several words.

use std::ops::Range;

use super::literal::{QUOTES, ends_bare};
use super::reader::{LONGEST_LINE, LONGEST_TYPE, Notation, Reader, Value, first_line};
use crate::byte_set::ByteSet;
use crate::chosen::is_numbered_word;
use crate::parts::range_of;
use crate::value;

/// The words of a sentence between a name and its value, and those after which a value must follow at once what connects
/// them: `is`, a colon.
const MOST_WORDS: usize = 12;
const MOST_UNCONNECTED: usize = 7;
/// What stands between a name and its value in sentences, in the languages of the names.
#[rustfmt::skip]
const CONNECTORS: &[&str] = &[
    ":", "->", "=>", "→", "—", "–", "to:", "to", "is", "was", "are", "be", "now", "ist", "war", "lautet", "jetzt", "es",
    "ahora", "este", "está", "mudou", "pra", "на", "on", "till", "op", "sur", "c'est", "est", "è", "é", "är", "er", "je", "jest", "na", "teraz", "это", "теперь", "είναι", "là", "adalah", "е", "és", "hier", "currently", "aktuell",
];
/// What stands before a value that the reader is told to use: `when asked for the token, paste …`.
const INSTRUCTIONS: &[&str] = &["paste", "enter", "type", "use"];

impl Reader<'_> {
    /// A value in a sentence or a comment: `the old password was …`, `password for the admin: …`.
    pub(super) fn in_prose(mut self) -> Option<Value> {
        if !self.may_be_in_prose() {
            return None;
        }
        QUOTES[2..5].iter().any(|quote| self.eat(quote));
        self.eat("**");
        // Jira's markup: `{{DB_PASSWORD}} to {{…}}`.
        let is_monospaced = self.eat("}}");
        let line = first_line(self.ahead(LONGEST_LINE))?;
        // Behind a remark and behind the name in brackets, only what is connected is the value: `token, still valid: …`,
        // `klucz (secret): …`.
        let is_interrupted = is_monospaced
            || line.starts_with(',')
            || line.starts_with(')') && self.place.in_brackets();
        if !(is_interrupted || line.starts_with([' ', ':', '=', '(', '-', '\t'])) {
            return None;
        }
        let (mut is_connected, mut was_connector, mut at) = (false, false, 0);
        let (mut is_behind_colon, mut was_from) = (false, false);
        for (index, word) in line.split(' ').enumerate().take(MOST_WORDS) {
            at += word.len() + 1;
            let written = bare_word(word);
            let is_next = index == 1 && line.starts_with(' ');
            let may_follow = match is_interrupted {
                true => was_connector,
                false => {
                    is_connected && (index < MOST_UNCONNECTED || was_connector)
                        || is_next
                        || index < MOST_UNCONNECTED && is_unmistakable(written)
                }
            };
            let is_phrase =
                || is_connected && written.contains('-') && value::is_passphrase(written);
            if may_follow && written.len() >= 6 && (is_mixed(written) || is_phrase()) {
                // A type, with a value behind it.
                if line[at.min(line.len())..].starts_with('=') {
                    return None;
                }
                let mut value = self.word_of_sentence(range_of(self.text, written));
                // A hash in a sentence is one, but not behind a colon.
                if is_behind_colon && was_connector && value::is_hash(written) {
                    value.notation = Notation::Neighbor;
                }
                return Some(value);
            }
            let word = word.trim_matches('*');
            // `changed from … to …`, the first of which may have been found.
            let is_found = was_from && word.starts_with("[REDACTED:");
            was_from = word == "from" && line[at.min(line.len())..].contains(" to ");
            was_connector = self.connects(word, line)
                || was_from
                || is_interrupted && INSTRUCTIONS.contains(&word);
            is_connected |= was_connector;
            is_behind_colon = word.ends_with(':');
            if ends_sentence(word) && !is_found {
                return None;
            }
        }
        None
    }

    /// Whether the name may be a word of a sentence that goes on with a value.
    fn may_be_in_prose(&self) -> bool {
        let place = self.place;
        // `pass` is a verb too: `we pass a1 to b2`, but not in `the user pass to b2`.
        let is_verb = self.rest().starts_with(' ')
            && self.text[..self.at].strip_suffix("pass").is_some_and(|before| {
                let words = ["the ", "my ", "user ", "admin ", "root ", "db ", "your "];
                !words.into_iter().any(|word| before.ends_with(word))
            });
        // A value has a digit, or capitals within its words.
        let may_have_value = |line: &str| {
            line.bytes().any(|byte| byte.is_ascii_digit())
                || value::has_inner_capital(line)
                || line.bytes().filter(|byte| *byte == b'-').count() >= 3
        };
        place.prose()
            && !place.flag()
            && !is_verb
            && first_line(self.ahead(LONGEST_LINE + 8)).is_some_and(may_have_value)
    }

    /// Whether a word stands between a name and its value: `is`, a colon; an equals sign in comments only.
    fn connects(&self, word: &str, line: &str) -> bool {
        CONNECTORS.contains(&word)
            || word.ends_with("):")
            || (word == "="
                && (self.place.comment() || line.starts_with(" for ") || self.place.is_spoken()))
            || (word.ends_with(':') && !word.contains(['(', '"', '{']))
    }

    fn word_of_sentence(&self, range: Range<usize>) -> Value {
        let is_quoted = ["`", "\"", "'"].iter().any(|quote| {
            self.text[..range.start].ends_with(quote) && self.text[range.end..].starts_with(quote)
        });
        let notation = if is_quoted { Notation::Neighbor } else { Notation::Prose };
        Value { range, notation }
    }

    /// A value of several words behind an operator: those of a wallet, or the four groups of an application's password.
    pub(super) fn spaced(mut self) -> Option<Value> {
        if let Some(value) = self.said_phrase() {
            return Some(value);
        }
        self.skip_words();
        self.eat_operator().filter(|operator| matches!(*operator, ":" | "=" | "："))?;
        self.skip_blanks();
        let line = first_line(self.ahead(LONGEST_LINE))?;
        let line = line.split(['#', '(', '"']).next()?.trim_end();
        let is_known = value::is_mnemonic(line)
            || value::is_application_password(line)
            || value::is_of_four_groups(line) && self.place.is_of_application()
            || value::is_spaced_seed(line)
            || value::is_router_key(line)
            || value::is_passphrase(line) && (line.contains(' ') || self.place.is_phrase());
        let range = self.at..self.at + line.len();
        is_known.then_some(Value { range, notation: Notation::Quoted })
    }

    /// The quoted words that are said to be a phrase: `the passphrase for the backup is "…"`.
    fn said_phrase(&self) -> Option<Value> {
        const IS: &str = " is \"";
        let line = first_line(self.ahead(LONGEST_LINE)).filter(|_| self.place.is_phrase())?;
        let start = line.find(IS)? + IS.len();
        let are_words = line[..start - IS.len()].chars().all(|c| c.is_alphanumeric() || c == ' ');
        let words = &line[start..start + line[start..].find('"')?];
        let is_phrase = value::is_passphrase(words) || value::is_mnemonic(words);
        let range = range_of(self.text, words);
        (are_words && is_phrase).then_some(Value { range, notation: Notation::Quoted })
    }

    /// Skips a remark in brackets, or words up to the colon: `recovery phrase (keep it!): …`, `passphrase for the disk is: …`.
    fn skip_words(&mut self) {
        self.skip_blanks();
        let window = first_line(self.ahead(LONGEST_TYPE)).unwrap_or_default();
        let Some(colon) = window.find(": ") else { return };
        let words = &window[..colon];
        let is_remark = words.starts_with('(') && words.ends_with(')');
        let are_words = words.split(' ').all(|word| {
            !word.is_empty()
                && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"@.-".contains(&b))
        });
        if is_remark || are_words {
            self.at += colon;
        }
    }

    /// A value behind a particle, in languages that write no blank between a noun and it: `密码是…`, `パスワードは「…」`.
    pub(super) fn behind_particle(mut self) -> Option<Value> {
        #[rustfmt::skip]
        const PARTICLES: &[&str] = &[
            " ", "是", "为", "為", "改成", "改为", "更新为", "设为", "设置为", "は", "が", "은 ", "는 ", "이 ", "가 ", "：", ":", "= ",
        ];
        const OPENING: &[&str] = &["「", "『", "“", "\"", "'", "`"];
        // A name of another script is behind nothing else that is written so.
        if self.text[..self.at].ends_with(|c: char| c < '\u{2e80}') {
            return None;
        }
        PARTICLES.iter().any(|particle| self.eat(particle)).then_some(())?;
        self.skip_blanks();
        let is_quoted = OPENING.iter().any(|quote| self.eat(quote));
        let range = self.until(|c| ends_bare(c) || !c.is_ascii_graphic())?;
        let notation =
            if is_quoted { Notation::Neighbor } else { Notation::Bare { certain: false } };
        Some(Value { range, notation })
    }
}

/// What stands before a word of a sentence, and the first bytes of what else stands around one.
const OPENING: [char; 7] = ['(', '*', '`', '"', '\'', '=', ':'];
const AROUND_WORDS: ByteSet = ByteSet::of(b"<\"{\\");

/// A word of a sentence without the punctuation and the quotes around it. A password may end with an asterisk too.
fn bare_word(word: &str) -> &str {
    let is_bold = word.trim_start_matches(['(', '`', '"', '\'']).starts_with('*');
    let bare = word.trim_end_matches(|c: char| {
        matches!(c, '.' | ',' | ';' | ':' | ')' | '`' | '"' | '\'') || is_bold && c == '*'
    });
    // Of most words, nothing is left to be taken away.
    if !bare.bytes().any(|byte| AROUND_WORDS.contains(byte)) {
        return bare.trim_start_matches(OPENING);
    }
    let bare = bare.split_once("</").map_or(bare, |(bare, _)| bare);
    // Behind the start tag of an element.
    let tagged = bare.strip_prefix('<').and_then(|bare| bare.split_once('>'));
    let bare = tagged.map_or(bare, |(_, bare)| bare);
    // Before the next member of the object of JSON that the sentence is in.
    let member = bare.find("\",\"").or_else(|| bare.find("\"}"));
    let bare = member.map_or(bare, |at| &bare[..at]);
    // Monospaced in the markup of wikis, and no variable of a template.
    let inner = bare.strip_prefix("{{").and_then(|bare| bare.strip_suffix("}}"));
    let is_literal = |inner: &&str| {
        value::is_token(inner)
            || inner.contains(['-', '!', '#', '$', '@', '+'])
            || is_numbered_word(inner)
    };
    let bare = inner.filter(is_literal).unwrap_or(bare);
    // The end of the string that the sentence is in.
    let bare = bare.split_once("\\n").map_or(bare, |(bare, _)| bare);
    bare.trim_start_matches(OPENING)
}

/// Whether nothing behind a word belongs to the name before it: the word is no word, the string in which the sentence is
/// ends with it, or the base64 of a user and a password follows, which has a rule of its own.
fn ends_sentence(word: &str) -> bool {
    let is_word = word.chars().all(|c| c.is_alphabetic() || "'()@.,-/_:=>—–+&".contains(c));
    word.trim_matches('"').contains('"')
        || word.eq_ignore_ascii_case("basic")
        || !is_word && !is_name_of_thing(word)
}

/// Whether a word is hardly anything but a password: letters, two digits or more, and signs that words don't have.
fn is_unmistakable(word: &str) -> bool {
    const OF_PROGRAMS: ByteSet = ByteSet::of(b"()[]{}<>/\\=\"',:|&;");
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    word.len() >= 8
        && letters >= 4
        && digits >= 2
        && word.contains(['!', '#', '$', '^', '*', '~'])
        && !word.bytes().any(|byte| OF_PROGRAMS.contains(byte))
}

/// Whether a word is the name of a machine or the like: `nas02`, `s3-sync`.
fn is_name_of_thing(word: &str) -> bool {
    const LONGEST: usize = 12;
    word.len() <= LONGEST
        && word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && word.bytes().filter(u8::is_ascii_digit).count() <= 2
}

/// Whether a word has letters and digits, letters in no order, or the digits of a router's key.
fn is_mixed(word: &str) -> bool {
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    has_digit && word.chars().any(char::is_alphabetic)
        || value::is_scrambled(word)
        || value::is_router_key(word)
}
