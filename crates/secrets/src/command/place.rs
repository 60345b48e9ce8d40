//! The places in a command line where a secret stands.

use std::ops::Range;

use super::LONGEST;
use super::words::{self, behind, unquoted, without_end};
use crate::parts::{ahead, range_of};
use crate::{cookie, url, value};

/// The beginning of an argument of openssl that has a password.
const PASS: &str = "pass:";

/// Where an option has the secret.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// In the option's value: `-p …`, `-p=…`.
    Value(&'static str),
    /// Joined to the option: `-p…`.
    Joined(&'static str),
    /// Behind the first colon of the option's value: `-u user:…`.
    Pair(&'static str),
    /// Behind the first `%` of the option's value: `-U user%…`.
    Percent(&'static str),
    /// Behind the first `,` of the option's value: `-u user,…`.
    Comma(&'static str),
    /// In the word of this number behind the command, options not counted.
    Word(usize),
    /// In the first word, whatever it is made of.
    First,
    /// In the word behind this one.
    WordBehind(&'static str),
    /// In the word that begins with this, or has it in it: what follows.
    Behind(&'static str),
    /// In the line that begins with this word, one of the next few, in a block that the command begins.
    InBlock(&'static str),
    /// In the last part of the first word, which has blanks between its parts: `"$uri …"`.
    LastPart,
    /// Behind the first colon of the first word: `user:…`.
    Account,
    /// Behind the first colon of the last word: `user:…`.
    LastPair,
    /// Behind the first `/` of the first word that has one, up to its `@`: `user/…@host`.
    Slash,
    /// In an argument `pass:…` of any option.
    PassArgument,
    /// In the cookies of the option's value: `-b 'session=…'`.
    Cookies(&'static str),
}

use Place::{
    Account, Behind, Comma, Cookies, First, InBlock, Joined, LastPair, LastPart, Pair,
    PassArgument, Percent, Slash, Value, Word, WordBehind,
};

/// A command line behind its command: its words, and the text and the place from which it is read.
pub(super) struct CommandLine<'t> {
    pub(super) text: &'t str,
    /// Where the command ends.
    pub(super) start: usize,
    pub(super) words: Vec<Range<usize>>,
}

impl CommandLine<'_> {
    /// Adds what stands at `place` and may be a secret.
    pub(super) fn add(&self, place: Place, found: &mut Vec<Range<usize>>) {
        if let Cookies(option) = place {
            for range in self.values(option) {
                cookie::pairs(self.text, range, found);
            }
            return;
        }
        for range in self.at(place) {
            let range = without_end(self.text, unquoted(self.text, range));
            let written = &self.text[range.clone()];
            let is_grouped =
                || value::is_spaced_seed(written) || value::is_application_password(written);
            if (value::is_given(written) || is_grouped()) && !found.contains(&range) {
                found.push(range);
            }
        }
    }

    fn at(&self, place: Place) -> Vec<Range<usize>> {
        let text = self.text;
        let pair = |word: Option<&Range<usize>>, separator| -> Vec<Range<usize>> {
            word.and_then(|word| behind(text, self.unquoted(word), separator)).into_iter().collect()
        };
        let behind_each = |option, separator| {
            self.values(option).filter_map(|range| behind(text, range, separator)).collect()
        };
        match place {
            Value(option) => words::values(text, &self.words, option).collect(),
            Joined(option) => self.joined(option),
            Pair(option) => self.values(option).filter_map(|range| self.password(range)).collect(),
            Percent(option) => behind_each(option, '%'),
            Comma(option) => behind_each(option, ','),
            Word(number) => self.mixed_word(number).into_iter().collect(),
            First => self.words.first().cloned().into_iter().collect(),
            WordBehind(word) => self.word_behind(word).into_iter().collect(),
            Behind(name) => self.rests_behind(name),
            InBlock(word) => in_block(text, self.start, word).into_iter().collect(),
            LastPart => self.last_part().into_iter().collect(),
            Account => pair(self.words.first(), ':'),
            LastPair => pair(self.words.last(), ':'),
            Slash => self.behind_slash().into_iter().collect(),
            PassArgument => self.pass_arguments(),
            Cookies(_) => Vec::new(),
        }
    }

    /// A word without its quotes.
    fn unquoted(&self, word: &Range<usize>) -> Range<usize> {
        unquoted(self.text, word.clone())
    }

    /// The values of an option, without their quotes.
    fn values(&self, option: &'static str) -> impl Iterator<Item = Range<usize>> {
        words::values(self.text, &self.words, option).map(|range| unquoted(self.text, range))
    }

    /// The password of an account; a token in place of a user has none.
    fn password(&self, account: Range<usize>) -> Option<Range<usize>> {
        let token = self.text[account.clone()]
            .split_once(':')
            .filter(|(user, password)| url::is_fixed_password(password) && value::is_token(user));
        match token {
            Some((token, _)) => Some(account.start..account.start + token.len()),
            None => behind(self.text, account, ':'),
        }
    }

    fn joined(&self, option: &str) -> Vec<Range<usize>> {
        let words = self.words.iter().filter(|word| {
            let written = &self.text[(*word).clone()];
            written.len() > option.len() && written.starts_with(option)
        });
        let value = |word: &Range<usize>| {
            let joined = word.start + option.len()..word.end;
            let is_lower =
                || self.text[joined.clone()].bytes().all(|byte| byte.is_ascii_lowercase());
            // `-u user:…` joined, and `-port`.
            if option == "-u" {
                behind(self.text, self.unquoted(&joined), ':')
            } else {
                (option.ends_with(':') || !is_lower()).then_some(joined)
            }
        };
        words.filter_map(value).collect()
    }

    fn mixed_word(&self, number: usize) -> Option<Range<usize>> {
        let mut plain =
            self.words.iter().filter(|word| !self.text[(*word).clone()].starts_with('-'));
        let range = self.unquoted(plain.nth(number - 1)?);
        let written = &self.text[range.clone()];
        (value::is_password(written) || value::is_token(written)).then_some(range)
    }

    fn word_behind(&self, name: &str) -> Option<Range<usize>> {
        let at = self.words.iter().position(|word| self.text[word.clone()] == *name)?;
        // How the secret is written, in a router's configuration.
        let is_encryption =
            |word: &&Range<usize>| matches!(&self.text[(*word).clone()], "0" | "6" | "7" | "8");
        self.words[at + 1..].iter().find(|word| !is_encryption(word)).cloned()
    }

    fn rests_behind(&self, name: &str) -> Vec<Range<usize>> {
        let rest = |word: &Range<usize>| {
            let at = self.text[word.clone()].find(name)?;
            Some(word.start + at + name.len()..word.end)
        };
        self.words.iter().filter_map(rest).collect()
    }

    fn last_part(&self) -> Option<Range<usize>> {
        let first = self.unquoted(self.words.first()?);
        let at = self.text[first.clone()].rfind(' ')? + 1;
        Some(first.start + at..first.end)
    }

    fn behind_slash(&self) -> Option<Range<usize>> {
        // In `user@host/service`, no password is given.
        let is_account = |word: &&Range<usize>| {
            let (user, rest) = self.text[(*word).clone()].split_once('/').unwrap_or_default();
            !rest.is_empty() && (!user.contains('@') || rest.contains('@'))
        };
        let word = self.words.iter().find(is_account)?;
        let range = behind(self.text, self.unquoted(word), '/')?;
        let end = self.text[range.clone()].find('@').map_or(range.end, |at| range.start + at);
        Some(range.start..end)
    }

    fn pass_arguments(&self) -> Vec<Range<usize>> {
        let argument = |word: &Range<usize>| {
            let range = self.unquoted(word);
            let is_one = self.text[range.clone()].starts_with(PASS);
            is_one.then(|| range.start + PASS.len()..range.end)
        };
        self.words.iter().filter_map(argument).collect()
    }
}

/// The word behind `name` in the line that begins with it, one of the next three, perhaps with the digit that says how it is
/// written.
fn in_block(text: &str, start: usize, name: &str) -> Option<Range<usize>> {
    let line = ahead(text, start, LONGEST).lines().skip(1).take(3).find_map(|line| {
        line.trim_start().strip_prefix(name).filter(|rest| rest.starts_with(' '))
    })?;
    let word = line.split_ascii_whitespace().find(|word| !matches!(*word, "0" | "7" | "6"))?;
    value::is_given(word).then(|| range_of(text, word))
}
