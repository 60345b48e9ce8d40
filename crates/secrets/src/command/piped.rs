//! Passwords that a command reads: `echo … | docker login --password-stdin`, `echo … > ~/.vault_pass`.

use std::ops::Range;

use super::LONGEST;
use super::words::{behind, unquoted, words};
use crate::parts::range_of;
use crate::value;

/// What reads a password twice: `echo -e "…\n…" | passwd kim`.
pub(super) const PASSWD: &str = "passwd ";
/// What Redis is told behind its prompt; mail has the word, too.
pub(super) const AUTH: &str = "AUTH ";
/// Commands and options that read a password from the standard input, and files that hold nothing else.
#[rustfmt::skip]
pub(super) const PIPED: &[&str] = &[
    PASSWD, "chpasswd", "--password-stdin", "sudo -s ", "passwd --stdin", "kinit ", "cryptsetup ", "--passphrase-fd",
    "--passwd-on-stdin", "vncpasswd -f", "secret create ", "secret put ", "secret-tool store", "p4 login", "saslpasswd2 ",
    ".erlang.cookie", ".vault_pass", "keepassxc-cli ", "env add ",
    "secrets create ", "secrets versions add ",
];

/// `echo 'user:…' | chpasswd`, `echo … | docker login --password-stdin`, `echo … > ~/.vault_pass`
pub(super) fn piped(text: &str, end: usize, is_pair: bool) -> Option<Range<usize>> {
    let floor = text.floor_char_boundary(end.saturating_sub(LONGEST));
    let start = text[floor..end].rfind('\n').map_or(floor, |at| floor + at + 1);
    let line = &text[start..end];
    let piped = line.rfind(['|', '>'])?;
    let echoed = ["echo ", "printf "]
        .into_iter()
        .find_map(|echo| line[..piped].rfind(echo).map(|at| at + echo.len()))?;
    // Behind options and the format of `printf`.
    let words = words(&text[..start + piped], start + echoed);
    let is_value = |word: &&Range<usize>| {
        let written = &text[unquoted(text, (*word).clone())];
        !written.starts_with('-') && !matches!(written, "%s" | "%s\\n" | "%b")
    };
    let word = words.iter().find(is_value).map(|word| unquoted(text, word.clone()))?;
    let secret = if is_pair { behind(text, word, ':')? } else { word };
    let written = &text[secret.clone()];
    (value::is_given(written) || value::is_passphrase(written)).then_some(secret)
}

/// Adds the words of the string that is piped, of which each is the password: `echo -e "…\n…" | passwd kim`. The line's end in
/// it may be seen as one.
pub(super) fn typed_twice(text: &str, end: usize, found: &mut Vec<Range<usize>>) {
    let floor = text.floor_char_boundary(end.saturating_sub(LONGEST / 4));
    let before = text[floor..end].trim_end();
    let before = before.strip_suffix("sudo").unwrap_or(before).trim_end();
    let Some(before) = before.strip_suffix('|') else { return };
    let echoed = ["echo ", "printf "].iter().filter_map(|echo| before.rfind(echo)).max();
    let Some(echoed) = echoed else { return };
    let words = before[echoed..].split([' ', '"', '\'', '\n', '\t', ';', '(']).skip(1);
    let words = words.flat_map(|word| word.split("\\n"));
    for word in words.filter(|word| value::is_given(word)) {
        found.push(range_of(text, word));
    }
}
