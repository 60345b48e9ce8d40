//! Diagnostics: lines that report an error, a warning or a failure, recognised by their words.

mod words;

use std::sync::LazyLock;

use keywords::{Hit, Keywords};

use crate::lines::Lines;
use words::Severity;

/// The words and their automaton.
struct Search {
    keywords: Keywords,
    /// The severity of each keyword.
    severities: Vec<Severity>,
}

static SEARCH: LazyLock<Search> = LazyLock::new(|| {
    let (words, severities): (Vec<String>, Vec<Severity>) = words::all().into_iter().unzip();
    let keywords = Keywords::new(&words).expect("some hundreds of short words");
    Search { keywords, severities }
});

/// The indices of the lines that are diagnostics, in order.
pub(crate) fn lines(lines: &Lines) -> Vec<usize> {
    let mut found = Vec::new();
    for hit in hits(lines.text()) {
        let line = lines.at(hit.range.start);
        if found.last() != Some(&line) {
            found.push(line);
        }
    }
    found
}

/// Whether `text` may contain a diagnostic, with its escapes resolved or not: every keyword has a letter or a sign that
/// isn't ASCII, and most cells of a table are numbers.
pub(crate) fn may_be_diagnostic(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_alphabetic() || !byte.is_ascii())
}

/// Whether `text` contains a diagnostic.
pub(crate) fn is_diagnostic(text: &str) -> bool {
    may_be_diagnostic(text) && SEARCH.keywords.occur_in(text) && hits(text).next().is_some()
}

/// Whether `text` contains a severe diagnostic: a failure or a warning. `0 errors` and `failed=0`
/// are none.
pub(crate) fn is_severe(text: &str) -> bool {
    hits(text).any(|hit| {
        SEARCH.severities[hit.keyword] == Severity::Severe && !counts_none(text, hit.range.start)
    })
}

/// Words before a keyword that negate it.
const NONE: &[&str] =
    &["0", "no", "No", "without", "keine", "Keine", "sans", "sin", "sem", "senza", "без"];

/// Whether the keyword at `start` is counted as zero or negated.
fn counts_none(text: &str, start: usize) -> bool {
    let before = text[..start].trim_end();
    let none_before = NONE.iter().any(|none| {
        before.strip_suffix(none).is_some_and(|rest| {
            rest.len() < before.len() && !rest.ends_with(|c: char| c.is_alphanumeric() || c == '.')
        })
    });
    let after = text[after_word(text.as_bytes(), start)..].trim_start();
    let number = after.strip_prefix([':', '=']).map(str::trim_start);
    let none_after = number.is_some_and(|number| {
        number.starts_with('0')
            && !number[1..].starts_with(|c: char| c.is_ascii_digit() || c == '.')
    });
    none_before || none_after
}

/// The keywords in `text`. A part of a path or an identifier (`error_handler.py`, `src/errors/`)
/// doesn't count; the end of a type's name (`ValueError:`) or of a compound does.
fn hits(text: &str) -> impl Iterator<Item = Hit> {
    let bytes = text.as_bytes();
    SEARCH.keywords.non_overlapping_hits(text).filter(move |hit| {
        let start = hit.range.start;
        let begin = before_word(bytes, start);
        let end = after_word(bytes, start);
        let named =
            |b: Option<&u8>| b.is_some_and(|b| matches!(b, b'_' | b'/' | b'\\' | b'-' | b'.'));
        let joined_before = begin > 0 && named(bytes.get(begin - 1));
        let joined_after = match bytes.get(end) {
            Some(b'.') => bytes.get(end + 1).is_some_and(u8::is_ascii_alphanumeric),
            Some(b'_' | b'/' | b'\\') => true,
            Some(b'-') => bytes.get(end + 1).is_some_and(u8::is_ascii_alphanumeric),
            _ => false,
        };
        // Within a word only the last part of a type's name counts.
        let type_name = begin < start && bytes[start].is_ascii_uppercase();
        let begins = is_unspaced_at(text, start) || (begin == start && !goes_on_at(text, start));
        (begins || type_name || ends_compound(&bytes[start..]))
            && !joined_after
            && (!joined_before || type_name)
    })
}

/// Whether `rest`, in the middle of a word, begins with the last part of a compound.
fn ends_compound(rest: &[u8]) -> bool {
    words::END_COMPOUNDS.iter().any(|word| {
        rest.get(..word.len()).is_some_and(|rest| rest.eq_ignore_ascii_case(word.as_bytes()))
    })
}

/// Whether the character before `at` is a non-ASCII letter of a script with word spacing, so that
/// no word begins at `at`.
fn goes_on_at(text: &str, at: usize) -> bool {
    let is_joined = |c: char| !c.is_ascii() && c.is_alphabetic() && !is_unspaced(c);
    text[..at].chars().next_back().is_some_and(is_joined)
}

fn is_unspaced_at(text: &str, at: usize) -> bool {
    text[at..].starts_with(is_unspaced)
}

/// Whether `c` is of a script written without word spacing: Chinese, Japanese, and Korean, whose
/// compounds have none.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{2e80}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..)
}

/// The longest name that is scanned, in bytes, which keeps the time linear. By hand, not measured.
const LONGEST_NAME: usize = 100;

fn before_word(bytes: &[u8], at: usize) -> usize {
    let from = at.saturating_sub(LONGEST_NAME);
    bytes[from..at].iter().rposition(|b| !b.is_ascii_alphanumeric()).map_or(from, |i| from + i + 1)
}

fn after_word(bytes: &[u8], at: usize) -> usize {
    let to = bytes.len().min(at + LONGEST_NAME);
    bytes[at..to].iter().position(|b| !b.is_ascii_alphanumeric()).map_or(to, |i| at + i)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_diagnostic() {
        for text in [
            "ERROR worker",
            "warning: x",
            "json.decoder.JSONDecodeError: y",
            "1 failed",
            "not ok 3",
            "[error] x",
            "level=warn",
            "java.lang.NumberFormatException",
            "thread panicked",
            "Failures:",
        ] {
            assert!(is_diagnostic(text), "{text}");
        }
        for text in [
            "src/errors/mod.rs",
            "error_handler.py",
            "test_error_path PASSED",
            "terror",
            "foreword",
            "безошибочно",
            "all fine",
        ] {
            assert!(!is_diagnostic(text), "{text}");
        }
    }

    #[test]
    fn levels_of_many_languages_are_severe() {
        for text in [
            "10:00 FEHLER Auftrag 7",
            "WARNUNG: Platte voll",
            "Zahlungsfehler 12",
            "Sicherheitswarnung",
            "ERREUR commande 7",
            "Avertissement : lent",
            "ÉCHEC du paiement",
            "Échec",
            "ADVERTENCIA disco lleno",
            "la conexión falló",
            "CRÍTICO",
            "ERRO pedido 7",
            "AVISO: lento",
            "Exceção",
            "ERRORE ordine 7",
            "AVVISO lento",
            "Attenzione",
            "ОШИБКА заказа",
            "Предупреждение: мало места",
            "не удалось открыть",
            "错误 订单 7",
            "警告:磁盘",
            "支付失败",
            "DB错误",
            "錯誤",
            "エラー 注文",
            "接続に失敗しました",
            "警告 遅い",
            "오류 주문",
            "경고: 느림",
            "연결실패",
            "BŁĄD zamówienia",
            "ПОМИЛКА",
            "UYARI: disk",
            "LỖI",
            "⚠ unused",
            "✗ a test",
        ] {
            assert!(is_severe(text), "{text}");
        }
        for text in [
            "INFO Auftrag angenommen",
            "信息 订单",
            "情報 注文",
            "정보 주문",
            "0 Fehler",
            "без ошибок",
        ] {
            assert!(!is_severe(text), "{text}");
        }
    }

    #[test]
    fn what_is_severe() {
        for text in [
            "ERROR worker",
            "    FAIL [   0.2s] a::b",
            "10 failed",
            "failed: 30",
            "no retries, error 7",
            "ValueError: x",
            "0 warnings, 1 error",
        ] {
            assert!(is_severe(text), "{text}");
        }
        for text in ["0 errors", "no warnings", "failed=0, errors: 0", "12 skipped", "failed=0"] {
            assert!(!is_severe(text), "{text}");
        }
    }
}
