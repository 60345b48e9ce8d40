//! Passwords in lists of accounts, which have no name beside them: cloud-init's `chpasswd`, OpenVPN's
//! `<auth-user-pass>`, the secrets of PPP, CouchDB's administrators, names or addresses with a password on a line.

use std::ops::Range;

use crate::chosen::is_numbered_word;
use crate::parts::{ahead, lines_behind, range_of};
use crate::value;

pub(crate) const RULE: &str = "account-password";
/// What each of the lists begins with, in small letters, and the ends of addresses.
#[rustfmt::skip]
pub(crate) const KEYWORDS: &[&str] = &[
    CLOUD_INIT, OPENVPN, PPP, COUCHDB, ADMIN, ROOT, "admin / ", "root / ", "user / ", ".com / ", ".org / ",
    ".net / ", ".com:", ".org:", ".net:", ".edu:", ".io:", ".dev:", ".de:", ".fr:", ".ru:", ".uk:", "login", "logon", "log in with", "log in as", "sign in with", "sign in as", "creds",
    "credentials", "zugangsdaten", "zugang", "anmeldung", "identifiants", "acceso", "accesso", "учётка", "логин",
];

const CLOUD_INIT: &str = "chpasswd:";
const OPENVPN: &str = "<auth-user-pass>";
const PPP: &str = "# client";
const COUCHDB: &str = "[admins]";
/// Names of accounts with a password, alone on a line or in a comment.
const ADMIN: &str = "admin:";
const ROOT: &str = "root:";

/// The longest line of a list, and the most of them.
const LONGEST_LINE: usize = 300;
const MOST_LINES: usize = 100;
const LONGEST_ADDRESS: usize = 80;

/// Adds the passwords of the list that begins at `hit`.
pub(crate) fn find(text: &str, hit: &Range<usize>, found: &mut Vec<Range<usize>>) {
    match text[hit.clone()].to_ascii_lowercase().as_str() {
        CLOUD_INIT => found.extend(of_cloud_init(text, hit)),
        OPENVPN => {
            found.extend(lines_behind(text, hit.end).nth(1).filter(|range| is_given(text, range)))
        }
        PPP => found.extend(of_ppp(text, hit.end)),
        COUCHDB => found.extend(of_section(text, hit)),
        ADMIN | ROOT => found.extend(behind_account(text, hit)),
        keyword if keyword.ends_with(" / ") => found.extend(behind_slash(text, hit)),
        keyword if keyword.ends_with(':') => found.extend(behind_address(text, hit)),
        _ => found.extend(of_account(text, hit)),
    }
}

/// `root:…`, in lines that are further in than the key; hashes are none.
fn of_cloud_init(text: &str, hit: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let indent = column(text, hit.start);
    lines_behind(text, hit.end)
        .take_while(move |line| line.is_empty() || column(text, line.start) > indent)
        .filter_map(move |line| {
            let account = text[line.clone()].trim_start_matches("- ").trim_matches(['"', '\'']);
            let (user, password) = account.split_once(':')?;
            let is_name = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
            let start = line.start + text[line].find(account)? + user.len() + 1;
            let range = start..start + password.len();
            (!user.is_empty() && user.chars().all(is_name) && is_given(text, &range))
                .then_some(range)
        })
}

/// The third word of each line below the heading: `client server secret addresses`.
fn of_ppp(text: &str, end: usize) -> impl Iterator<Item = Range<usize>> {
    let heading = ahead(text, end, LONGEST_LINE).split('\n').next().unwrap_or_default();
    let is_heading = ["server", "secret"].iter().all(|column| heading.contains(column));
    let rows = lines_behind(text, end).take(if is_heading { MOST_LINES } else { 0 });
    let is_server = |c: char| c.is_ascii_alphanumeric() || "*\"_-.".contains(c);
    let is_row = move |line: &Range<usize>| {
        let line = &text[line.clone()];
        let server = line.split_ascii_whitespace().nth(1);
        line.is_empty()
            || line.starts_with('#')
            || server.is_some_and(|server| server.chars().all(is_server))
    };
    let rows = rows.take_while(is_row);
    rows.filter(|line| !text[line.clone()].starts_with('#')).filter_map(|line| {
        let word = text[line.clone()].split_ascii_whitespace().nth(2)?;
        Some(range_of(text, word.trim_matches('"'))).filter(|range| is_given(text, range))
    })
}

/// `admin = …`, in the lines of a section.
fn of_section(text: &str, hit: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let is_heading = column(text, hit.start) == 0
        && ahead(text, hit.end, LONGEST_LINE)
            .split('\n')
            .next()
            .is_some_and(|rest| rest.trim().is_empty());
    let in_section = |line: &Range<usize>| !text[line.clone()].starts_with('[');
    let accounts = lines_behind(text, hit.end).take(if is_heading { MOST_LINES } else { 0 });
    accounts.take_while(in_section).filter_map(|line| {
        let (user, password) = text[line.clone()].split_once('=')?;
        let is_name = |c: char| c.is_ascii_alphanumeric() || "_-.@".contains(c);
        let is_user = !user.trim().is_empty() && user.trim().chars().all(is_name);
        let password = password.trim_start();
        let range = line.end - password.len()..line.end;
        (is_user && !password.starts_with("-pbkdf2-") && is_given(text, &range)).then_some(range)
    })
}

/// `admin:…`, alone on its line or behind the mark of a comment.
fn behind_account(text: &str, hit: &Range<usize>) -> Option<Range<usize>> {
    let before = &text[hit.start - column(text, hit.start)..hit.start];
    let is_alone =
        before.trim().trim_start_matches(['#', '/', '*', ';', '-', '`']).trim().is_empty();
    let line =
        ahead(text, hit.end, LONGEST_LINE).split('\n').next()?.trim_end_matches(['`', '\r', ' ']);
    let is_password = !line.contains([':', '/', '@', ',', '"', '\'', '<', '>', '|', ' ', '(', '='])
        && value::is_mixed_password(line);
    (is_alone && is_password).then(|| hit.end..hit.end + line.len())
}

/// `staging login: tester / …`: the password behind the next slash between blanks, and a user.
fn of_account(text: &str, hit: &Range<usize>) -> Option<Range<usize>> {
    const FARTHEST: usize = 80;
    let rest = ahead(text, hit.end, FARTHEST);
    let line = rest.split('\n').next()?;
    let slash = line.find(" / ")?;
    let user = line[..slash].rsplit(' ').next()?.trim_start_matches(['`', '"', '*']);
    let is_user = !user.is_empty()
        && user
            .trim_end_matches(['`', '"', '*'])
            .chars()
            .all(|c| c.is_alphanumeric() || "._-@+\\".contains(c));
    let slash = hit.end + slash..hit.end + slash + " / ".len();
    if is_user { behind_slash(text, &slash) } else { None }
}

/// `login: admin / …`, `test account a@example.org / …`.
fn behind_slash(text: &str, hit: &Range<usize>) -> Option<Range<usize>> {
    let before = &text[hit.start - column(text, hit.start)..hit.start];
    if before.trim_start_matches([';', ' ']).contains(['=', '{', ';']) {
        return None;
    }
    let rest = ahead(text, hit.end, LONGEST_LINE);
    let open = rest.len() - rest.trim_start_matches(['`', '"', '*']).len();
    let word = rest[open..].split(char::is_whitespace).next()?;
    let word = word.trim_end_matches(['`', '"', ')', ',', '.']);
    let start = hit.end + open;
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit())
        || value::is_passphrase(word) && word.matches('-').count() >= 3;
    let is_password = value::is_mixed_password(word)
        || value::is_passphrase(word)
        || value::is_password(word) && is_numbered_word(word);
    (has_digit && is_password).then(|| start..start + word.len())
}

/// `alice@example.org:…`, at the end of a line.
fn behind_address(text: &str, hit: &Range<usize>) -> Option<Range<usize>> {
    let is_of_address = |c: &char| c.is_ascii_alphanumeric() || "._%+-@".contains(*c);
    let before = text[..hit.start].chars().rev().take(LONGEST_ADDRESS).take_while(is_of_address);
    let is_address = before.filter(|c| *c == '@').count() == 1;
    let line = ahead(text, hit.end, LONGEST_LINE).split('\n').next()?.trim_end();
    let is_password = !line.contains([':', '/', '@', ',', '"', '\'', '`', '<', '>', '|'])
        && value::is_password(line);
    (is_address && is_password).then(|| hit.end..hit.end + line.len())
}

fn is_given(text: &str, range: &Range<usize>) -> bool {
    value::is_given(&text[range.clone()])
}

/// How far from its line's beginning `at` is, in bytes, if that isn't far.
fn column(text: &str, at: usize) -> usize {
    let floor = text.floor_char_boundary(at.saturating_sub(LONGEST_LINE));
    text[floor..at].rfind('\n').map_or(at - floor, |end| at - floor - end - 1)
}
