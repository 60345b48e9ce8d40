//! The words of diagnostics, by language: the names of log levels, and what programs report of a
//! failure. Each is a prefix of a word, in lower case; matching ignores case.

/// How severe a diagnostic with a word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Severity {
    /// Something may be wrong. Many lines of this severity may be sampled.
    Notable,
    /// A failure or a warning: such a line is never elided unless it repeats.
    Severe,
}

use Severity::{Notable, Severe};

/// English, which programs of all countries use.
const ENGLISH: &[(Severity, &[&str])] = &[
    (
        Severe,
        &[
            "abort",
            "crash",
            "critical",
            "error",
            "exception",
            "fail",
            "fatal",
            "killed",
            "not ok",
            "panic",
            "segfault",
            "severe",
            "traceback",
            "warn",
        ],
    ),
    (
        Notable,
        &[
            "assert",
            "bad ",
            "cannot",
            "can't",
            "caused by",
            "conflict",
            "corrupt",
            "could not",
            "couldn't",
            "deadlock",
            "denied",
            "deprecat",
            "died",
            "does not exist",
            "exceed",
            "exhausted",
            "exited with",
            "forbidden",
            "illegal",
            "incompatible",
            "invalid",
            "leak",
            "mismatch",
            "missing",
            "no such",
            "not found",
            "out of memory",
            "overflow",
            "permission",
            "refused",
            "rejected",
            "revert",
            "segmentation",
            "skipped",
            "suspend",
            "stack trace",
            "throttl",
            "timed out",
            "timeout",
            "unable",
            "unauthorized",
            "undefined",
            "unexpected",
            "unhandled",
            "unreachable",
            "unrecognized",
            "unresolved",
            "unsupported",
            "violat",
            "vulnerab",
            "wrong",
            "xfail",
            "xpass",
        ],
    ),
];

/// Symbols that test runners and linters put before failures.
const SIGNS: &[&str] = &["⚠", "❌", "✖", "✗", "✘", "✕"];

/// Levels and failures in other languages; where one is also an English word (*alerte*, *fatal*),
/// the English stem matches.
const OTHERS: &[(&str, &[&str])] = &[
    (
        "German",
        &[
            "fehler",
            "fehlgeschlagen",
            "warnung",
            "kritisch",
            "schwerwiegend",
            "gescheitert",
            "abgebrochen",
            "abgelehnt",
            "verweigert",
            "ungültig",
            "nicht gefunden",
            "achtung",
        ],
    ),
    ("French", &["erreur", "avertissement", "critique", "échec", "échou", "refusé", "introuvable"]),
    (
        "Spanish",
        &[
            "advertencia",
            "aviso",
            "fallo",
            "falló",
            "fallid",
            "crític",
            "excepci",
            "denegad",
            "rechazad",
            "inválid",
            "no se pudo",
            "no se encontr",
        ],
    ),
    (
        "Portuguese",
        &["erro", "falha", "falhou", "advertência", "exceç", "negado", "recusad", "não foi poss"],
    ),
    (
        "Italian",
        &[
            "errore",
            "avviso",
            "avvert",
            "attenzione",
            "fallit",
            "eccezione",
            "rifiutat",
            "impossibile",
        ],
    ),
    ("Dutch", &["fout", "waarschuwing", "mislukt"]),
    ("Swedish", &["varning", "misslyck"]),
    ("Danish and Norwegian", &["advarsel", "fejl", "feil", "mislyk"]),
    ("Polish", &["błąd", "błęd", "ostrzeże", "niepowodze", "nie udało", "krytyczn"]),
    ("Czech", &["chyb", "varování", "selhal"]),
    ("Turkish", &["hata", "uyarı", "başarısız"]),
    ("Indonesian", &["kesalahan", "peringatan", "gagal"]),
    ("Vietnamese", &["lỗi", "cảnh báo", "thất bại"]),
    (
        "Russian",
        &[
            "ошибк",
            "предупрежд",
            "сбой",
            "сбоя",
            "критич",
            "не удалось",
            "отказ",
            "исключени",
            "недопустим",
            "внимание",
        ],
    ),
    ("Ukrainian", &["помилк", "попередж", "збій"]),
    (
        "Chinese",
        &[
            "错误", "警告", "失败", "异常", "严重", "致命", "崩溃", "拒绝", "超时", "錯誤", "失敗",
            "異常", "嚴重", "崩潰", "拒絕", "逾時",
        ],
    ),
    (
        "Japanese",
        &["エラー", "警告", "失敗", "例外", "異常", "致命的", "重大", "拒否", "タイムアウト"],
    ),
    ("Korean", &["오류", "에러", "경고", "실패", "예외", "치명적", "거부"]),
];

/// Words that occur at the end of compounds, such as *Zahlungsfehler*.
pub(super) const END_COMPOUNDS: &[&str] = &["fehler", "warnung"];

/// All words with their severity, in all cases of their non-ASCII letters.
pub(super) fn all() -> Vec<(String, Severity)> {
    let english = ENGLISH.iter().flat_map(|(says, words)| words.iter().map(|word| (*word, *says)));
    let others = OTHERS.iter().flat_map(|(_, words)| words.iter().map(|word| (*word, Severe)));
    let signs = SIGNS.iter().map(|sign| (*sign, Severe));
    let mut all: Vec<(String, Severity)> = Vec::new();
    for (word, says) in english.chain(others).chain(signs) {
        let spelled = [word.to_owned(), word.to_uppercase(), capitalized(word)];
        // The search ignores the case of ASCII letters.
        let count = if word.is_ascii() { 1 } else { spelled.len() };
        all.extend(spelled.into_iter().take(count).map(|word| (word, says)));
    }
    all.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    all.dedup_by(|a, b| a.0.eq_ignore_ascii_case(&b.0));
    all
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}
