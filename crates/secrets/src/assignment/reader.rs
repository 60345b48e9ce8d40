//! The notations in which a value follows a name.
//!
//! Each reading of what follows is one notation or a few that share an operator; the first whose value
//! looks like a secret counts.

use std::ops::Range;

use super::literal::ends_bare;
use super::place::Place;
use super::{LONGEST_VALUE, WIDEST_GAP};
use crate::byte_set::ByteSet;
use crate::chosen::is_numbered_word;
use crate::{parts, value};

/// The rest of a line that is searched for a default value or for the words of a sentence, in bytes.
pub(super) const LONGEST_LINE: usize = 200;
/// What stands between a name and `=` in a declaration, in bytes.
pub(super) const LONGEST_TYPE: usize = 80;

/// Operators between a name and its value; longer ones first. Mail has `=3D` for `=`.
const OPERATORS: &[&str] = &[
    "!==", "===", "::=", "=>", ":=", "?=", "+=", "!=", "==", "=3D ", "<-", "->", "→", "：", "=",
    ":",
];
/// Operators after which only a quoted value is one.
const QUOTED_ONLY: &[&str] = &["!==", "!=", "<-", "->", "+="];
/// The first bytes of [`OPERATORS`] and of [`QUOTES`].
const OPERATOR_BEGINNINGS: ByteSet = ByteSet::of(b"!=:?+<-\xe2\xef");
/// Characters of types and of what else stands between a name and `=` in declarations.
const TYPES: ByteSet = ByteSet::alphanumeric_and(b" \t_*&<>[](){};:,.?!'");
/// Characters of the types behind a name's colon.
const ANNOTATIONS: ByteSet = ByteSet::alphanumeric_and(b"_&<>[]|.'? ");
/// Characters between a function's head and what it returns.
const BEFORE_RETURNED: ByteSet = ByteSet::alphanumeric_and(b" \t\n\r\x0b\x0c{:->&'");

/// Methods that take a value for what they are called on, or compare it with one.
#[rustfmt::skip]
const METHODS: &[&str] = &[
    "type", "fill", "send_keys", "sendkeys", "val", "setvalue", "set_value", "set", "equals", "tobe", "toequal", "eq",
    "to_equal", "typetext", "sendkeystoelement", "entertext", "replacetext", "isequalto", "assign", "equalsignorecase",
];
/// Elements that have the value of the one around them.
const INNER_ELEMENTS: &[&str] = &["<Value", "<value", "<string", "<text", "<plain", "<data"];
/// Members that have the value of the object around them.
const INNER_MEMBERS: &[&str] = &[
    "\"value\":",
    "\"Value\":",
    "'value':",
    "value:",
    "\"secret\":",
    "\"plaintext\":",
    "\"plain\":",
];

/// The notation of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notation {
    Quoted,
    Bare {
        /// Whether it can only be a literal.
        certain: bool,
    },
    /// Next to its name, with quotes but without an operator: `password "…"`.
    Neighbor,
    /// As a word of a sentence.
    Prose,
}

pub(super) struct Value {
    pub(super) range: Range<usize>,
    pub(super) notation: Notation,
}

impl Value {
    /// The same value, with nothing but its place behind the name to say that it belongs to it.
    pub(super) fn into_neighbor(self) -> Self {
        let is_quoted = self.notation == Notation::Quoted;
        Self { notation: if is_quoted { Notation::Neighbor } else { Notation::Prose }, ..self }
    }
}

/// Parses what follows a name.
#[derive(Clone, Copy)]
pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    pub(super) place: &'t Place<'t>,
}

impl<'t> Reader<'t> {
    /// A reader of what follows the name that ends at `at`.
    pub(super) fn new(text: &'t str, at: usize, place: &'t Place<'t>) -> Self {
        Self { text, at, place }
    }

    /// The values that may be assigned, by each reading.
    pub(super) fn assigned(self) -> impl Iterator<Item = Option<Value>> + use<'t> {
        type Reading<'t> = fn(Reader<'t>) -> Option<Value>;
        let readings: [Reading<'t>; 21] = [
            Reader::direct,
            Reader::changed,
            Reader::substituted,
            Reader::substituted_line,
            Reader::whole_word,
            Reader::declared,
            Reader::returned,
            Reader::passed,
            Reader::default_value,
            Reader::otherwise,
            Reader::in_element,
            Reader::before_name,
            Reader::before_comment,
            Reader::in_next_cell,
            Reader::in_resource,
            Reader::unpacked,
            Reader::sent,
            Reader::in_form,
            Reader::spaced,
            Reader::behind_particle,
            Reader::in_prose,
        ];
        readings.into_iter().map(move |reading| reading(self))
    }

    /// A value right behind the name and an operator.
    pub(super) fn direct(mut self) -> Option<Value> {
        if self.place.expansion() {
            return self.expanded();
        }
        let quoted_name = self.eat_quote();
        if let Some(reading) = self.serialised_or_escaped(quoted_name) {
            return reading;
        }
        self.eat("]");
        self.eat("[]");
        // `env(APP_SECRET): …` of Symfony
        let _ = self.place.in_call_of_env() && self.eat(")");
        self.eat("?");
        self.eat("**");
        let gap = self.skip_blanks();
        if quoted_name && gap > 0 && self.rest().starts_with('-') && self.skip_to_form_value() {
            return self.until(ends_bare).map(|range| Value { range, notation: Notation::Quoted });
        }
        if self.eat("*/") {
            // `/* admin key */ "…"`
            self.skip_blanks();
            return self.quoted().map(Value::into_neighbor);
        }
        self.skip_shown_value();
        if ["\\=", "\\:"].iter().any(|escaped| self.rest().starts_with(escaped)) {
            self.at += 1;
        }
        if self.place.row() && self.eat("|") {
            self.skip_blanks();
            return self.quoted().or_else(|| self.bare(false));
        }
        if let Some(operator) = self.eat_operator() {
            self.behind_operator(operator, gap)
        } else if self.place.tag() && self.skip_to_content() {
            if self.rest().starts_with(['\n', '\r', '<']) {
                self.skip_white_space();
                if INNER_ELEMENTS.iter().any(|element| self.eat(element)) {
                    self.skip_to_content();
                    self.skip_white_space();
                }
            }
            self.element()
        } else if self.place.macro_name() && (self.eat("}{") || self.eat("{")) {
            let range = self.until(|c| c == '}' || c.is_whitespace())?;
            Some(Value { range, notation: Notation::Quoted })
        } else if gap > 0 && self.place.flag() && self.eat("<<< ") {
            self.quoted()
        } else if gap > 0 && (self.eat("<(echo ") || self.eat("<(printf ")) {
            // What a shell gives as a file: `wg set wg0 private-key <(echo …)`.
            self.eat("-n ");
            self.quoted().or_else(|| self.bare_among_words(true))
        } else if gap > 0 && self.eat(". \"") {
            // A pair of Lisp: `(password . "…")`.
            self.at -= 1;
            self.quoted()
        } else if self.skip_to_value_attribute()
            || self.eat("(")
            || self.eat("{")
            || self.eat("by lazy {")
        {
            self.skip_white_space();
            self.quoted().or_else(|| self.wrapped()).or_else(|| self.bare_argument())
        } else if self.eat(",") {
            self.behind_comma(quoted_name)
        } else if gap > 0 && self.place.defines_macro() {
            self.quoted().or_else(|| self.bare(false))
        } else if gap > 0 && (self.place.flag() || self.place.directive() || self.eat_encryption())
        {
            self.quoted().or_else(|| self.bare(true))
        } else if gap > 0 && (self.place.begins_line() || self.place.after_words()) {
            // What is alone behind a name on its line is assigned to it.
            let quoted = self.quoted().map(Value::into_neighbor);
            quoted.or_else(|| if self.skip_tags() { self.element() } else { self.bare(false) })
        } else if gap > 0 && (self.place.in_list() || self.place.pairs()) {
            self.quoted().or_else(|| self.bare(false)).map(Value::into_neighbor)
        } else {
            self.skip_white_space();
            self.named_value().or_else(|| self.quoted_behind_symbol())
        }
    }

    /// The value behind what PHP writes between a name and it when it serialises or dumps an object, or in an element of
    /// escaped XML; an inner `None` if it has none.
    pub(super) fn serialised_or_escaped(&mut self, quoted_name: bool) -> Option<Option<Value>> {
        if quoted_name && self.eat(";s:") {
            self.skip_while(8, |c| c.is_ascii_digit());
            return Some(if self.eat(":") { self.quoted() } else { None });
        }
        let _ = self.eat(":protected") || self.eat(":private");
        self.eat("&gt;").then(|| {
            let range = self.until(|c| c == '&' || c.is_whitespace())?;
            let is_closed = self.text[range.end..].starts_with("&lt;/");
            is_closed.then_some(Value { range, notation: Notation::Quoted })
        })
    }

    /// The next argument, element or member behind the one that is the name.
    pub(super) fn behind_comma(&mut self, quoted_name: bool) -> Option<Value> {
        self.skip_white_space();
        self.eat("<<");
        // What Consul exports between a key and its value.
        self.eat("\"Flags\":0,");
        // What AWS's parameter store says between a parameter's name and its value.
        if self.eat("\"Type\": \"SecureString\",") || self.eat("\"Type\":\"SecureString\",") {
            self.skip_white_space();
        }
        let is_pair = self.place.argument()
            || self.place.is_set()
            || self.place.tuple()
            || self.place.compared()
            || (quoted_name && (self.place.flag() || self.place.in_values()))
            || (quoted_name && (self.place.environment_like() || self.place.named_argument()));
        if self.eat("ParameterValue=") || self.eat("Value=") {
            return self.quoted().or_else(|| self.bare_among_words(true));
        }
        let is_named = self.eat("value = ") || self.eat("value=");
        let named = self.named_value();
        if named.is_some() || is_pair || is_named {
            return named.or_else(|| self.quoted());
        }
        // A later one of pairs of names and values: `("user", "app", "password", "…")`.
        let is_later = quoted_name && self.place.is_listed();
        let is_fact = || self.place.begins_fact() && self.rest().starts_with('\'');
        let is_row = || quoted_name && self.place.begins_line() && self.rest().starts_with('"');
        let is_cell = quoted_name && self.place.in_numbered_row()
            || self.place.in_csv() && self.rest().starts_with('"');
        if is_later || is_cell {
            return self.quoted().map(Value::into_neighbor);
        }
        // `setting(password, '…').` of Prolog, and a row of two cells.
        let end = match (is_fact(), is_row()) {
            (true, _) => ").",
            (false, true) => "\n",
            (false, false) => return None,
        };
        let value = self.quoted()?.into_neighbor();
        self.eat("\r");
        (self.rest().is_empty() || self.rest().starts_with(end)).then_some(value)
    }

    /// The digit by which a router's configuration says how a password is written: `password 0 …`, `secret 7 …`.
    pub(super) fn eat_encryption(&mut self) -> bool {
        #[rustfmt::skip]
        const WRITTEN: [&str; 14] = [
            "0 ", "5 ", "7 ", "8 ", "9 ", "ENC ", "cipher ", "irreversible-cipher ", "plaintext ", "encrypted ", "ascii ",
            "simple ", "key ", "-string ",
        ];
        WRITTEN.into_iter().any(|written| self.eat(written))
    }

    /// `:password "…"` and `(password "…"`, the pairs of Lisps and Elixir.
    pub(super) fn quoted_behind_symbol(&mut self) -> Option<Value> {
        if self.place.apart_or_symbol() && !self.rest().starts_with('`') {
            self.quoted().map(Value::into_neighbor)
        } else {
            None
        }
    }

    /// The value after `name: PASSWORD` in a list of variables: `value: …`; or after a field of a form: `with: …`.
    pub(super) fn named_value(&mut self) -> Option<Value> {
        let is_named = [
            "value:",
            "\"value\":",
            "'value':",
            "\"Value\":",
            "Value:",
            "\\\"value\\\":",
            "with:",
            "values: [",
            "\"ParameterValue\":",
        ]
        .into_iter()
        .any(|key| self.eat(key));
        self.skip_blanks();
        if is_named { self.quoted().or_else(|| self.bare(true)) } else { None }
    }

    pub(super) fn behind_operator(mut self, operator: &str, gap: usize) -> Option<Value> {
        self.eat("**");
        let spaced = gap + self.skip_blanks() > 0;
        let annotated = matches!(operator, ":" | "：") && self.skip_type();
        let is_anchor = self.rest().starts_with('&') && !self.rest().starts_with("&quot;");
        if operator == ":" && (self.eat("return ") || is_anchor && self.eat("&")) {
            // `case "password": return "…"`, `password: &anchor "…"`
            self.skip_while(24, |c| c.is_ascii_alphanumeric() || c == '_');
            self.skip_blanks();
        }
        self.skip_dumped_type();
        if self.skip_tags() {
            return self.quoted().or_else(|| self.element());
        }
        if let Some(value) = self.echoed_to_decoder() {
            return Some(value);
        }
        if self.skip_exported_key() {
            return self.quoted();
        }
        if let Some(value) = self.quoted().or_else(|| self.wrapped()) {
            return Some(value);
        }
        if operator == "=>" && self.place.index() {
            return self.bare_among_words(false);
        }
        if operator == ":" && self.place.begins_hotstring() && self.eat(":") {
            // What AutoHotkey types for a word: `::vpnpw::…`.
            return self.bare(true);
        }
        if operator == ":" && self.skip_macro() {
            let range = self.until(|c| c == '}' || c.is_whitespace())?;
            return Some(Value { range, notation: Notation::Quoted });
        }
        if operator == "="
            && let Some(quote) = self.place.quoted_option()
        {
            return self.in_option(quote);
        }
        if operator == ":" && self.eat("string | *") {
            // The default of a field in CUE.
            return self.quoted();
        }
        if annotated || QUOTED_ONLY.contains(&operator) {
            return None;
        }
        if self.rest().starts_with(['\n', '\r']) {
            self.skip_white_space();
            let value = self.quoted().or_else(|| self.named_value()).or_else(|| self.default_key());
            return value.or_else(|| self.item());
        }
        if self.rest().starts_with('{') {
            return self.in_braces();
        }
        if operator == ":" && self.skip_block_indicator() {
            return self.words_of_block().or_else(|| self.bare(true));
        }
        self.eat("!!str ");
        if operator == "：" || operator == ":" && !spaced && self.place.apart() {
            return self.bare_among_words(false);
        }
        let place = self.place;
        let is_in_flow = spaced && matches!(operator, ":" | "=") && place.in_flow();
        if is_in_flow || operator == "→" || operator == ":" && !spaced && place.behind_slash() {
            return self.bare_among_words(place.behind_slash());
        }
        let inline = operator == "=" && !spaced && (place.apart() || place.pairs());
        let listed = place.in_list() || place.flag() || place.directive();
        let environment = place.environment() && !spaced;
        let certain = operator == "=" && (listed || environment);
        if certain || listed || place.begins_line() {
            self.bare(certain)
        } else if inline {
            self.bare_among_words(place.pairs())
        } else if place.after_words() {
            self.bare(false)
        } else {
            None
        }
    }

    /// Skips the macro of TeX in which a value is set in typewriter's letters, whose `\t` may be seen as a tab.
    fn skip_macro(&mut self) -> bool {
        let start = self.at;
        self.eat("}");
        self.skip_blanks();
        let is_macro = self.eat("\\texttt{") || self.eat("exttt{");
        self.at = if is_macro { self.at } else { start };
        is_macro
    }

    /// Skips to the value of a form whose field before is the name: `--form "key=API_TOKEN" --form 'value=…'`.
    fn skip_to_form_value(&mut self) -> bool {
        let start = self.at;
        let is_form = ["--form ", "-F ", "-d ", "--data "].iter().any(|option| self.eat(option));
        let is_value = is_form && (self.eat("\"") || self.eat("'")) && self.eat("value=");
        self.at = if is_value { self.at } else { start };
        is_value
    }

    /// The rest of an option's value up to its quote: `-F 'password=…'`.
    fn in_option(&self, quote: char) -> Option<Value> {
        let range = self.until(|c| c == quote || c == '\n')?;
        let written = &self.text[range.clone()];
        let is_closed = self.text[range.end..].starts_with(quote);
        let is_one = !written.contains(' ') || value::is_mnemonic(written);
        // Another pair, as a query has them.
        let has_more = written.split('&').skip(1).any(|pair| {
            let name = pair.split_once('=').map(|(name, _)| name);
            name.is_some_and(|name| {
                name.len() >= 2 && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')
            })
        });
        (is_closed && is_one && !has_more).then_some(Value { range, notation: Notation::Quoted })
    }

    /// The first item of a list of YAML.
    pub(super) fn item(&mut self) -> Option<Value> {
        if self.eat("- ") { self.quoted().or_else(|| self.bare(false)) } else { None }
    }

    /// The words that are a line of a block of YAML, if they are a secret together.
    pub(super) fn words_of_block(&self) -> Option<Value> {
        let line = first_line(self.ahead(LONGEST_LINE))?.trim_end();
        let are_secret = value::is_passphrase(line) || value::is_mnemonic(line);
        let range = self.at..self.at + line.len();
        are_secret.then_some(Value { range, notation: Notation::Quoted })
    }

    /// ODBC's `PWD={…}`, or a value in a block: `password: { value: "…" }`.
    pub(super) fn in_braces(&mut self) -> Option<Value> {
        let in_list = if self.place.in_list() { self.bare(true) } else { None };
        in_list.or_else(|| {
            self.eat("{");
            self.skip_white_space();
            self.named_value().or_else(|| self.named_member()).or_else(|| self.quoted())
        })
    }

    /// The member among others that has the value of the object around it: `password: { type: "plain", value: "…" }`.
    pub(super) fn named_member(&self) -> Option<Value> {
        let window = self.ahead(LONGEST_LINE);
        let object = &window[..memchr::memchr(b'}', window.as_bytes())?];
        let at =
            INNER_MEMBERS.iter().find_map(|member| Some(object.find(member)? + member.len()))?;
        let mut reader = *self;
        reader.at += at;
        reader.skip_blanks();
        reader.quoted().or_else(|| reader.bare(true))
    }

    /// Skips the type that is dumped before a value: by PHP on a line of its own, `["password"]=> string(9) "…"`; by Go,
    /// `Password: (string) (len=9) "…"`.
    pub(super) fn skip_dumped_type(&mut self) {
        if self.eat("(string) (len=") {
            self.skip_while(8, |c| c.is_ascii_digit());
            self.eat(") ");
            return;
        }
        let start = self.at;
        self.skip_white_space();
        if self.eat("string(") {
            self.skip_while(8, |c| c.is_ascii_digit());
            self.eat(") ");
        } else {
            self.at = start;
        }
    }

    /// As [`Reader::direct`], for a value with characters that usually end one, if it is all that
    /// follows on its line: `DB_PASSWORD=a&b;c`.
    pub(super) fn whole_word(mut self) -> Option<Value> {
        let gap = self.skip_blanks();
        let is_spaced = gap > 0 && self.eat("= ");
        if !(is_spaced || gap == 0 && (self.eat("=") || self.eat(": ")))
            || !self.place.begins_line()
        {
            return None;
        }
        self.skip_blanks();
        let window = self.window();
        let line = first_line(window)?;
        let word = line.trim_end();
        let word = word.strip_suffix("{noformat}").unwrap_or(word);
        let is_literal = !word.contains(char::is_whitespace)
            && !word.starts_with(['"', '\'', '`', '$', '{', '[', '('])
            && word.contains([')', '&', ';', ',', '|', '>', '<', ']', '}', '\\'])
            && !word.ends_with([';', ',', ')', '{', '('])
            && !word.contains("::");
        // With blanks around the operator, it may be a program.
        let is_noise = value::is_noise(word) && !word.ends_with([',', ';', '(', '{']);
        let is_literal = (is_literal && !is_spaced) || is_noise;
        (is_literal && !word.is_empty() && line.len() < LONGEST_VALUE - 4).then(|| Value {
            range: self.at..self.at + word.len(),
            notation: Notation::Bare { certain: false },
        })
    }

    /// The value that a variable has where it isn't set: `${PASSWORD:-…}`, `${password:…}`.
    pub(super) fn expanded(mut self) -> Option<Value> {
        if self.place.robot_variable() && self.eat("}") {
            let is_apart = self.skip_blanks() >= 2 || self.text[..self.at].ends_with('\t');
            return if is_apart { self.quoted().or_else(|| self.bare(true)) } else { None };
        }
        [":-", ":=", ":+", "-", "=", ":", ", ", ","]
            .into_iter()
            .find(|operator| self.eat(operator))?;
        self.quoted().or_else(|| {
            let range = self.until(|c| c == '}' || c.is_whitespace())?;
            Some(Value { range, notation: Notation::Bare { certain: true } })
        })
    }

    /// The new value behind the old one, in what Terraform plans: `password = "***" -> "…"`.
    pub(super) fn changed(mut self) -> Option<Value> {
        self.skip_blanks();
        self.eat_operator()?;
        self.skip_blanks();
        self.quoted()?;
        self.skip_blanks();
        self.eat("->").then(|| self.skip_blanks())?;
        self.quoted()
    }

    /// What an editor's command puts in place of the name: `sed s/__DB_PASS__/…/`.
    pub(super) fn substituted(mut self) -> Option<Value> {
        let delimiter = self.place.substituted_by()?;
        self.skip_while(8, |c| matches!(c, '_' | '%' | '@' | '}' | '#') && c != delimiter);
        if !self.rest().starts_with(delimiter) {
            return None;
        }
        self.at += delimiter.len_utf8();
        let range = self.until(|c| c == delimiter || c.is_whitespace())?;
        let is_closed = self.text[range.end..].starts_with(delimiter);
        is_closed.then_some(Value { range, notation: Notation::Quoted })
    }

    /// What an editor's command assigns to the name in place of a line: `sed 's|^DB_PASS=.*|DB_PASS=…|'`.
    pub(super) fn substituted_line(mut self) -> Option<Value> {
        if !self.rest().starts_with(['=', ':', ' ']) {
            return None;
        }
        let delimiter = self.place.replaced_by()?;
        self.skip_blanks();
        let _ = self.eat("=") || self.eat(":");
        self.skip_blanks();
        let range = self.until(|c| c == delimiter || c.is_whitespace())?;
        let is_closed = self.text[range.end..].starts_with(delimiter);
        is_closed.then_some(Value { range, notation: Notation::Quoted })
    }

    /// The cell behind the one that is the name, in a row that semicolons, tabs or bars separate: `42;api_token;…`.
    pub(super) fn in_next_cell(mut self) -> Option<Value> {
        let separator = self.rest().chars().next().filter(|c| matches!(c, ';' | '\t' | '|'))?;
        if !self.place.is_cell(separator) {
            return None;
        }
        self.at += separator.len_utf8();
        let range = self.until(|c| c == separator || c.is_whitespace())?;
        let ends = self.text[range.end..].chars().next();
        let ends_cell = ends.is_none_or(|c| c == separator || matches!(c, '\n' | '\r'));
        ends_cell.then_some(Value { range, notation: Notation::Neighbor })
    }

    /// A value behind the declaration's type: `password string = "…"`, `Password { get; set; } = "…"`,
    /// `password[32] = "…"`, `password VARCHAR(20) DEFAULT '…'`.
    pub(super) fn declared(mut self) -> Option<Value> {
        let window = self.ahead(LONGEST_TYPE);
        let end = TYPES.find_other(window).unwrap_or(window.len());
        let (between, rest) = window.split_at(end);
        let is_assignment =
            rest.starts_with('=') && !rest.starts_with("==") && !rest.starts_with("=>");
        // SQL and ABAP.
        let default = [" default ", " value "]
            .into_iter()
            .find_map(|word| Some(position_in_any_case(between, word)? + word.len()));
        let skipped = match default {
            Some(at) => at,
            None if is_assignment && !between.trim().is_empty() => end + 1,
            None => return None,
        };
        let is_separate = between.contains([' ', '[', '\t', '{']);
        if !is_separate || between.starts_with(['.', '(']) {
            return None;
        }
        self.at += skipped;
        self.skip_blanks();
        self.quoted()
    }

    /// What a function of that name returns: `getPassword() { return "…"; }`.
    pub(super) fn returned(mut self) -> Option<Value> {
        if !self.eat("(") {
            return None;
        }
        let closed = self.ahead(LONGEST_TYPE).find(')')?;
        self.at += closed + 1;
        let window = self.ahead(LONGEST_TYPE);
        let near = window
            .char_indices()
            .find(|(_, c)| {
                !(c.is_whitespace() || u8::try_from(*c).is_ok_and(|c| BEFORE_RETURNED.contains(c)))
            })
            .map_or(window.len(), |(at, _)| at);
        let returns = ["return ", "=> ", "= ", "-> "].into_iter().find_map(|word| {
            let starts = memchr::memchr_iter(
                word.as_bytes()[0],
                &window.as_bytes()[..window.len().min(near + 1)],
            );
            starts.into_iter().find(|at| window[*at..].starts_with(word)).map(|at| at + word.len())
        })?;
        self.at += returns;
        self.quoted()
    }

    /// What is done with the thing of that name: `find("#password").type("…")`, `password.equals("…")`,
    /// `fill('#password', '…')`.
    pub(super) fn passed(mut self) -> Option<Value> {
        if !self.rest().starts_with(['"', '\'', '`', ']', ')', '.']) {
            return None;
        }
        let start = self.at;
        self.skip_while(4, |c| matches!(c, '"' | '\'' | '`' | ']' | ')'));
        if self.place.selector() && self.at > start && (self.eat(", ") || self.eat(",")) {
            return self.named_value().or_else(|| self.quoted());
        }
        if self.at == start && !self.rest().starts_with('.') {
            return None;
        }
        if !self.eat(".") {
            return None;
        }
        let window = self.ahead(24);
        let end = window.find('(')?;
        let is_method = METHODS.iter().any(|method| window[..end].eq_ignore_ascii_case(method));
        self.at += end + 1;
        if is_method { self.quoted() } else { None }
    }

    /// The content of the element whose attribute or sibling names it: `<entry key="password">…</entry>`,
    /// `<key>password</key><string>…</string>`.
    pub(super) fn in_element(mut self) -> Option<Value> {
        let window = self.ahead(LONGEST_LINE);
        let behind = window.trim_start_matches(['\'', '"', ']']);
        self.at += window.len() - behind.len();
        let window = behind;
        let begins = |tags: &[&str]| tags.iter().any(|tag| window.starts_with(tag));
        let closes_cell = begins(&["</td>", "</th>", "</dt>", "</Key>"]);
        if !self.place.attribute() && !closes_cell {
            return None;
        }
        let open = window.find('>')?;
        let closes = closes_cell || begins(&["</key>", "</name>", "</string>", "</stringProp>"]);
        if window[..open].contains(['<', '\n']) && !closes {
            return None;
        }
        self.at += open + 1;
        self.skip_white_space();
        #[rustfmt::skip]
        const INNER: [&str; 6] =
            ["<value>", "<string>", "<Value>", "<stringProp name=\"Argument.value\">", "<td>", "<dd>"];
        for inner in INNER {
            self.eat(inner);
        }
        if closes_cell && self.skip_tags() {
            return self.quoted().or_else(|| self.element());
        }
        self.element()
    }

    /// The value of the attribute or member before the one that names it: `value="…" name="password"`.
    pub(super) fn before_name(self) -> Option<Value> {
        let value = |range: Range<usize>, notation| {
            let floor = self.place.floor();
            Value { range: floor + range.start..floor + range.end, notation }
        };
        let said = || Some(value(self.place.value_said_before()?, Notation::Neighbor));
        let in_front = || {
            self.rest().starts_with([')', ',']).then_some(())?;
            Some(value(self.place.value_before_bracket()?, Notation::Prose))
        };
        let named = self.place.value_before().map(|range| value(range, Notation::Quoted));
        let word = || {
            let rest = first_line(self.ahead(8)).unwrap_or_default();
            rest.trim_end_matches(['.', '!', ' ']).is_empty().then_some(())?;
            Some(value(self.place.word_said_before()?, Notation::Prose))
        };
        named.or_else(said).or_else(in_front).or_else(word)
    }

    /// The value before a comment that ends with the name: `login("…"); // the ftp password`.
    pub(super) fn before_comment(self) -> Option<Value> {
        let rest = first_line(self.ahead(8)).unwrap_or_default().trim_start_matches('s');
        let is_end = rest.trim_end().trim_end_matches(['.', ')', '/', '*', '!', ' ']).is_empty();
        let range = if is_end { self.place.value_before_comment()? } else { return None };
        let floor = self.place.floor();
        let range = floor + range.start..floor + range.end;
        let written = &self.text[range.clone()];
        let is_hash = value::is_hash(written);
        let is_of_client =
            self.text[..range.start].trim_end_matches(['"', '\'']).ends_with("Client(");
        let is_literal = value::is_token(written) && (!is_hash || is_of_client)
            || value::is_mixed_password(written)
            || value::is_password(written) && is_numbered_word(written);
        is_literal.then_some(Value { range, notation: Notation::Quoted })
    }

    /// Skips the start tags around a value: `Password: <code>…`.
    pub(super) fn skip_tags(&mut self) -> bool {
        let start = self.at;
        for _ in 0..3 {
            let window = self.ahead(LONGEST_TYPE);
            let is_tag = window.starts_with('<')
                && window[1..].starts_with(|c: char| c.is_ascii_alphabetic());
            let Some(end) = window.find('>').filter(|_| is_tag) else { break };
            self.at += end + 1;
        }
        self.at > start
    }

    /// Skips to the value of an XML attribute behind the one that names it: `android:value="…"`.
    pub(super) fn skip_to_value_attribute(&mut self) -> bool {
        if !self.place.attribute() {
            return self.eat("value=");
        }
        let window = self.ahead(LONGEST_TYPE);
        let found = ["value=", "content=", "value = "].into_iter().find_map(|attribute| {
            let at = window.find(attribute).filter(|at| !window[..*at].contains(['>', '<']))?;
            Some(at + attribute.len())
        });
        self.at += found.unwrap_or_default();
        found.is_some()
    }

    /// Skips the rest of an XML element's start tag: `>`, ` encoding="base64">`.
    pub(super) fn skip_to_content(&mut self) -> bool {
        let window = self.ahead(LONGEST_LINE);
        let end = window.find(['>', '<', '\n']).filter(|end| window[*end..].starts_with('>'));
        let is_tag = end.is_some_and(|end| end == 0 || window[..end].ends_with('"'));
        self.at += end.filter(|_| is_tag).map_or(0, |end| end + 1);
        is_tag
    }

    /// Skips what Postman writes around the value of a key: `[{"key": "value", "value": `.
    pub(super) fn skip_exported_key(&mut self) -> bool {
        let start = self.at;
        let is_key =
            ["[", "{", "\"key\"", ":", "\"value\"", ",", "\"value\"", ":"].iter().all(|token| {
                self.skip_white_space();
                self.eat(token)
            });
        if !is_key {
            self.at = start;
        }
        self.skip_blanks();
        is_key
    }

    /// Skips `str =` of `name: str = "…"`.
    pub(super) fn skip_type(&mut self) -> bool {
        let window = self.ahead(60);
        if window.starts_with('\'') {
            return false;
        }
        let Some(end) = ANNOTATIONS.find_other(window) else { return false };
        // In a value of letters and signs, something else follows: `password: dltISUPk4zr2=pQf`.
        let is_value = || {
            let before = window[..end].bytes().next_back();
            let next = window.as_bytes().get(end + 1);
            before.is_some_and(|byte| byte.is_ascii_alphanumeric())
                && next.is_some_and(u8::is_ascii_alphanumeric)
        };
        let is_assigned = end > 0
            && window[end..].starts_with('=')
            && !window[end..].starts_with("==")
            && !is_value();
        if is_assigned {
            self.at += end + 1;
            self.skip_blanks();
        }
        is_assigned
    }

    /// Skips the `|` or `>` that introduces a text on the next lines in YAML.
    pub(super) fn skip_block_indicator(&mut self) -> bool {
        let start = self.at;
        let is_block = ["|-", "|+", ">-", ">+", "|", ">"].into_iter().any(|mark| self.eat(mark));
        if is_block && self.rest().starts_with(['\n', '\r']) {
            self.skip_white_space();
            return true;
        }
        self.at = start;
        false
    }

    /// Skips what a prompt shows of the value that is set: `AWS Secret Access Key [None]: …`.
    pub(super) fn skip_shown_value(&mut self) {
        let window = self.ahead(28);
        if window.starts_with('[')
            && self.text[..self.at].ends_with(' ')
            && let Some(end) = window.find("]:")
        {
            self.at += end + 1;
        }
    }

    pub(super) fn until(&self, stop: impl Fn(char) -> bool) -> Option<Range<usize>> {
        let window = self.window();
        let end =
            window.find(stop).or((window.len() < LONGEST_VALUE - 4).then_some(window.len()))?;
        (end > 0).then_some(self.at..self.at + end)
    }

    pub(super) fn window(&self) -> &'t str {
        self.ahead(LONGEST_VALUE)
    }

    /// The next bytes, at most `most`.
    pub(super) fn ahead(&self, most: usize) -> &'t str {
        parts::ahead(self.text, self.at, most)
    }

    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    pub(super) fn next_byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn eat(&mut self, literal: &str) -> bool {
        let there = self.next_byte() == literal.bytes().next() && self.rest().starts_with(literal);
        self.at += if there { literal.len() } else { 0 };
        there
    }

    pub(super) fn eat_operator(&mut self) -> Option<&'static str> {
        let may_be = self.next_byte().is_some_and(|byte| OPERATOR_BEGINNINGS.contains(byte));
        OPERATORS.iter().copied().filter(|_| may_be).find(|operator| self.eat(operator))
    }

    pub(super) fn skip_while(&mut self, most: usize, skipped: impl Fn(char) -> bool) {
        let window = self.ahead(most);
        self.at += window.find(|c| !skipped(c)).unwrap_or(window.len());
    }

    pub(super) fn skip_blanks(&mut self) -> usize {
        let blanks = self
            .rest()
            .bytes()
            .take(WIDEST_GAP)
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count();
        self.at += blanks;
        blanks
    }

    pub(super) fn skip_white_space(&mut self) {
        let white =
            self.rest().bytes().take(2 * WIDEST_GAP).take_while(u8::is_ascii_whitespace).count();
        self.at += white;
    }
}

/// The first line of a text, as [`str::lines`] has it; `None` if the text is empty.
pub(super) fn first_line(text: &str) -> Option<&str> {
    match memchr::memchr(b'\n', text.as_bytes()) {
        Some(end) => text[..end].strip_suffix('\r').or(Some(&text[..end])),
        None => Some(text).filter(|text| !text.is_empty()),
    }
}

/// The first position in `text` of a word that begins with a blank, ignoring ASCII case.
fn position_in_any_case(text: &str, word: &str) -> Option<usize> {
    let mut blanks = memchr::memchr_iter(b' ', text.as_bytes());
    blanks.find(|at| {
        let there = text.as_bytes().get(*at..at + word.len());
        there.is_some_and(|there| there.eq_ignore_ascii_case(word.as_bytes()))
    })
}
