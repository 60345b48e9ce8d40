//! Values that stand apart from their names: in another place of a list, in what a script types when it is asked, in the
//! part of a form.

use super::reader::{LONGEST_TYPE, Notation, Reader, Value};

impl<'t> Reader<'t> {
    /// The value at the name's place in a list: `user, password = "admin", "…"`.
    pub(super) fn unpacked(mut self) -> Option<Value> {
        let before = self.place.names_before()?;
        let window = self.ahead(LONGEST_TYPE);
        let (others, values) = window.split_once('=')?;
        let is_of_names = |c: char| c.is_alphanumeric() || "_$@, \t)]".contains(c);
        let others = others.strip_suffix(':').unwrap_or(others);
        let is_list = before > 0 || others.trim_start().starts_with(',');
        if !is_list || !others.chars().all(is_of_names) || values.starts_with(['=', '>']) {
            return None;
        }
        self.at += window.len() - values.len();
        self.skip_blanks();
        let _ = self.eat("(") || self.eat("[");
        for _ in 0..before {
            self.skip_blanks();
            self.quoted()?;
            self.skip_blanks();
            self.eat(",").then_some(())?;
        }
        self.skip_blanks();
        self.quoted()
    }

    /// What a script types when it is asked: `expect "Password:"`, then `send "…\r"`.
    pub(super) fn sent(mut self) -> Option<Value> {
        let window = self.ahead(LONGEST_TYPE);
        let at = window.find("send")?;
        let between = &window[..at];
        let is_prompt = between.starts_with(['"', '\'', ':', '*', '?', ' ', ')']);
        if !is_prompt || between.contains(['=', ';', ',']) || between.matches('\n').count() > 1 {
            return None;
        }
        self.at += at + "send".len();
        self.skip_while(16, |c| c.is_ascii_alphabetic() || "_ (-".contains(c));
        let mut value = self.quoted()?;
        let written = &self.text[value.range.clone()];
        let typed = written.trim_end_matches("\\r").trim_end_matches("\\n").trim_end_matches("\\r");
        value.range.end -= written.len() - typed.len();
        Some(value)
    }

    /// The part of a form: `name="password"`, an empty line, and the value.
    pub(super) fn in_form(mut self) -> Option<Value> {
        if !self.place.names_form_part() {
            return None;
        }
        self.eat("\"");
        if ["\nContent-", "\r\nContent-"].iter().any(|head| self.eat(head)) {
            self.skip_while(LONGEST_TYPE, |c| c != '\n' && c != '\r');
        }
        ["\r\n\r\n", "\n\n", "\\r\\n\\r\\n"].iter().any(|gap| self.eat(gap)).then_some(())?;
        let range = self.until(|c| matches!(c, '\r' | '\n' | '\\'))?;
        Some(Value { range, notation: Notation::Bare { certain: true } })
    }
}
