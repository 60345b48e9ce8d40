//! Tasks in other languages than English: their function words, and what their words of programming are in English,
//! which most code is written in.
//!
//! The table is data (`data/words.tsv`). Inflected words are matched by their stem, compounds of German by their parts,
//! and scripts without blanks by the longest entry at each place.

use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::terms::{is_dense, words};

/// Words of a text that are read. By hand: it bounds the work.
const MAX_WORDS: usize = 2_000;
/// The most words of an entry: `mot de passe`. From the table.
const MAX_ENTRY: usize = 4;
/// Characters of the shorter part of a compound. By hand: shorter ones are endings.
const PART: usize = 4;
/// How much more a text must say in another language than in English to be read in it. By hand.
const LEAD: usize = 1;

/// Function words of English: the commonest. The words of a task that are dropped are in `task.rs`.
const ENGLISH: &str = "the a an of to in on is are was be it this that and or not with for from when if as at by \
    does do has have we i can should but after before there which";

/// A language with a column in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Language {
    German,
    French,
    Spanish,
    Portuguese,
    Italian,
    Russian,
    Chinese,
    Japanese,
    Korean,
}

/// Those whose words stand between blanks, with their function words.
const SPACED: &[(Language, Algorithm, &str)] = &[
    (
        Language::German,
        Algorithm::German,
        "der die das den dem des ein eine einen einem einer und oder aber nicht kein keine ist sind war wird werden wurde \
         kann können soll sollte muss mit ohne für von vom zu zum zur im in am an auf aus bei beim nach vor über unter \
         wenn als ob dass wie was wo wer es er sie wir ich man sich auch nur noch schon immer mehr sehr bitte diese dieser \
         dieses hat haben durch gegen bis sowie dann damit weil trotz beim",
    ),
    (
        Language::French,
        Algorithm::French,
        "le la les l un une des du de d et ou mais ne n pas plus est sont était être a ont peut doit avec sans pour par sur \
         sous dans en au aux ce cette ces cet il elle on nous vous ils elles je j se s qui que qu quand si comme où y très \
         trop aussi lors lorsque après avant entre chez leur son sa ses c",
    ),
    (
        Language::Spanish,
        Algorithm::Spanish,
        "el la los las un una unos unas de del y o pero no es son era ser está están se con sin para por en al a lo que \
         cuando si como donde su sus este esta estos estas ese esa muy más también ya hay debe puede tras entre sobre \
         desde hasta cada me mi",
    ),
    (
        Language::Portuguese,
        Algorithm::Portuguese,
        "o a os as um uma uns umas de do da dos das e ou mas não é são era ser está estão se com sem para por pelo pela em \
         no na nos nas ao aos à que quando como onde seu sua este esta esse essa muito mais também já há deve pode entre \
         sobre desde até cada",
    ),
    (
        Language::Italian,
        Algorithm::Italian,
        "il lo la i gli le l un uno una di del della dei delle dello e o ma non è sono era essere si con senza per da dal \
         dalla in nel nella nei a al alla che quando se come dove suo sua questo questa questi molto più anche già deve può \
         tra fra su sul sulla ogni c",
    ),
    (
        Language::Russian,
        Algorithm::Russian,
        "и в во не на с со что как а то по но из у за к ко от до при для о об или если когда где это этот эта эти быть был \
         была есть нет же бы ли так также уже еще ещё очень только после перед через без под над между его ее её их мы я \
         он она они можно нужно должен должна",
    ),
];

/// Characters and words of Chinese, Japanese and Korean that only join others.
const PARTICLES: &[&str] = &[
    "的",
    "了",
    "在",
    "和",
    "与",
    "是",
    "不",
    "时",
    "当",
    "后",
    "中",
    "对",
    "被",
    "把",
    "为",
    "请",
    "从",
    "到",
    "会",
    "能",
    "を",
    "が",
    "は",
    "に",
    "で",
    "と",
    "の",
    "も",
    "や",
    "から",
    "まで",
    "より",
    "する",
    "した",
    "して",
    "ない",
    "です",
    "ます",
    "れる",
    "られる",
    "とき",
    "場合",
    "ある",
    "いる",
    "을",
    "를",
    "이",
    "가",
    "은",
    "는",
    "에",
    "의",
    "도",
    "와",
    "과",
    "로",
    "으로",
    "에서",
    "할",
    "때",
    "하는",
    "되지",
    "않음",
    "합니다",
    "않습니다",
];

/// A text of another language, read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Foreign {
    /// Words that only join others in its language.
    function_words: FxHashSet<&'static str>,
    /// What its words are in English, by their byte offset.
    pub(crate) english: Vec<Translated>,
}

/// A word of a text with what it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Translated {
    /// Where it begins in the text.
    pub(crate) offset: usize,
    /// English words for it.
    pub(crate) english: Vec<&'static str>,
}

impl Foreign {
    /// Reads `text`, whose words may be English, too.
    pub(crate) fn read(text: &str) -> Self {
        let language = spaced_language(text);
        let mut english = language.map(|language| translate(text, language)).unwrap_or_default();
        english.extend(translate_dense(text));
        english.sort_by_key(|translated| translated.offset);
        Self { function_words: language.map(function_words).unwrap_or_default(), english }
    }

    /// Whether a word, in lower case, only joins others in the text's language.
    pub(crate) fn is_function_word(&self, lower: &str) -> bool {
        PARTICLES.contains(&lower) || self.function_words.contains(lower)
    }
}

/// The rows of the table by an entry's stems, of a language whose words stand between blanks; else by the entry.
type Column = FxHashMap<String, Vec<&'static str>>;

struct Tables {
    columns: FxHashMap<Language, Column>,
    english: FxHashSet<&'static str>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let languages = [
        Language::German,
        Language::French,
        Language::Spanish,
        Language::Portuguese,
        Language::Italian,
        Language::Russian,
        Language::Chinese,
        Language::Japanese,
        Language::Korean,
    ];
    let mut tables = Tables { columns: FxHashMap::default(), english: FxHashSet::default() };
    let rows =
        include_str!("../data/words.tsv").lines().filter(|line| !line.starts_with('#')).skip(1);
    for row in rows {
        let mut cells = row.split('\t');
        let Some(english) = cells.next() else { continue };
        tables.english.insert(english);
        for (language, cell) in languages.iter().zip(cells) {
            let stemmer = stemmer(*language);
            let column = tables.columns.entry(*language).or_default();
            for entry in cell.split('|').filter(|entry| !entry.is_empty()) {
                let key = stemmer
                    .as_ref()
                    .map_or_else(|| entry.to_owned(), |stemmer| stems(entry, stemmer));
                let meanings = column.entry(key).or_default();
                if !meanings.contains(&english) {
                    meanings.push(english);
                }
            }
        }
    }
    tables
});

fn stemmer(language: Language) -> Option<Stemmer> {
    let spaced = SPACED.iter().find(|(spaced, _, _)| *spaced == language)?;
    Some(Stemmer::create(spaced.1))
}

fn function_words(language: Language) -> FxHashSet<&'static str> {
    let words =
        SPACED.iter().find(|(spaced, _, _)| *spaced == language).map_or("", |(_, _, words)| words);
    words.split_whitespace().collect()
}

/// The stems of an entry's words, joined by blanks.
fn stems(entry: &str, stemmer: &Stemmer) -> String {
    let stem = |(_, word): (usize, &str)| stemmer.stem(&word.to_lowercase()).into_owned();
    words(entry).map(stem).collect::<Vec<_>>().join(" ")
}

/// The language of a text whose words stand between blanks, unless it is English or none of the table's.
fn spaced_language(text: &str) -> Option<Language> {
    let said: Vec<String> = words(text)
        .filter(|(_, word)| !word.starts_with(is_dense))
        .take(MAX_WORDS)
        .map(|(_, word)| word.to_lowercase())
        .collect();
    let english: FxHashSet<&str> = ENGLISH.split_whitespace().collect();
    let plainly = said.iter().filter(|word| english.contains(word.as_str())).count();
    if plainly * 5 > said.len() {
        return None;
    }
    let in_english =
        plainly * 2 + said.iter().filter(|word| TABLES.english.contains(word.as_str())).count();
    // Each word with how often it is said.
    let mut counts: FxHashMap<&str, usize> = FxHashMap::default();
    said.iter().for_each(|word| *counts.entry(word).or_default() += 1);
    let score = |(language, algorithm, function): &(Language, Algorithm, &str)| {
        let function: FxHashSet<&str> = function.split_whitespace().collect();
        let stemmer = Stemmer::create(*algorithm);
        let column = TABLES.columns.get(language)?;
        let mut score = 0;
        for (word, count) in &counts {
            let own = !english.contains(word) && !TABLES.english.contains(word);
            score += if function.contains(word) { 2 * count } else { 0 };
            score += if own && column.contains_key(&*stemmer.stem(word)) { *count } else { 0 };
        }
        Some((score, *language))
    };
    // Of equals, the first of the list.
    let best = SPACED.iter().filter_map(score).rev().max_by_key(|(score, _)| *score)?;
    (best.0 > in_english + LEAD).then_some(best.1)
}

/// The English of the words of a text between blanks.
fn translate(text: &str, language: Language) -> Vec<Translated> {
    let (Some(stemmer), Some(column)) = (stemmer(language), TABLES.columns.get(&language)) else {
        return Vec::new();
    };
    let said: Vec<(usize, String)> = words(text)
        .filter(|(_, word)| !word.starts_with(is_dense))
        .take(MAX_WORDS)
        .map(|(offset, word)| (offset, word.to_lowercase()))
        .collect();
    let stem = |word: &str| stemmer.stem(word).into_owned();
    let stemmed: Vec<String> = said.iter().map(|(_, word)| stem(word)).collect();
    let mut out = Vec::new();
    let mut at = 0;
    while at < said.len() {
        let longest = (1..=MAX_ENTRY.min(said.len() - at)).rev().find_map(|length| {
            Some((length, column.get(&stemmed[at..at + length].join(" "))?.clone()))
        });
        let (length, english) = longest.unwrap_or_else(|| {
            let parts = if language == Language::German {
                compound(&said[at].1, column, &stem)
            } else {
                Vec::new()
            };
            (1, parts)
        });
        if !english.is_empty() {
            out.push(Translated { offset: said[at].0, english });
        }
        at += length;
    }
    out
}

/// The English of the two parts of a German compound: `passwortprüfung` is `password` and `check`.
fn compound(word: &str, column: &Column, stem: &impl Fn(&str) -> String) -> Vec<&'static str> {
    let borders: Vec<usize> = word.char_indices().map(|(at, _)| at).collect();
    if borders.len() < 2 * PART || borders.len() > 60 {
        return Vec::new();
    }
    let meaning = |part: &str| column.get(&stem(part));
    for &border in borders[PART..=borders.len() - PART].iter().rev() {
        let (first, second) = word.split_at(border);
        let first =
            ["", "s", "es", "n", "en"].iter().find_map(|joint| meaning(first.strip_suffix(joint)?));
        if let (Some(first), Some(second)) = (first, meaning(second)) {
            return first.iter().chain(second).copied().collect();
        }
    }
    Vec::new()
}

/// The English of what stands in scripts without blanks: Japanese if there is any kana, Korean in its own script.
fn translate_dense(text: &str) -> Vec<Translated> {
    let mut out = Vec::new();
    let is_kana = |c: char| matches!(c, '\u{3041}'..='\u{30ff}' | '\u{ff66}'..='\u{ff9f}');
    let han = if text.contains(is_kana) { Language::Japanese } else { Language::Chinese };
    for (offset, run) in words(text).filter(|(_, word)| word.starts_with(is_dense)).take(MAX_WORDS)
    {
        let is_korean = run.starts_with(|c: char| matches!(c, '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}' | '\u{ac00}'..='\u{d7fb}'));
        let Some(column) = TABLES.columns.get(if is_korean { &Language::Korean } else { &han })
        else {
            continue;
        };
        let ends: Vec<usize> = run.char_indices().map(|(at, _)| at).chain([run.len()]).collect();
        let mut at = 0;
        while at + 1 < ends.len() {
            let longest = (1..=12.min(ends.len() - 1 - at))
                .rev()
                .find_map(|length| Some((length, column.get(&run[ends[at]..ends[at + length]])?)));
            match longest {
                Some((length, english)) => {
                    out.push(Translated { offset: offset + ends[at], english: english.clone() });
                    at += length;
                }
                None => at += 1,
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn english(text: &str) -> Vec<&'static str> {
        Foreign::read(text).english.into_iter().flat_map(|translated| translated.english).collect()
    }

    #[test]
    fn the_table_is_whole() {
        let lines = include_str!("../data/words.tsv").lines().filter(|line| !line.starts_with('#'));
        let rows: Vec<Vec<&str>> = lines.map(|line| line.split('\t').collect()).collect();
        assert!(rows.len() > 400);
        for row in &rows {
            assert_eq!(row.len(), 10, "{row:?}");
            assert!(row.iter().all(|cell| !cell.is_empty()), "{row:?}");
        }
        let mut words: Vec<&str> = rows.iter().map(|row| row[0]).collect();
        words.sort_unstable();
        let count = words.len();
        words.dedup();
        assert_eq!(words.len(), count);
    }

    #[test]
    fn a_task_in_each_language_is_read_in_english() {
        for (text, expected) in [
            (
                "Das Passwort wird beim Löschen des Benutzers nicht geprüft",
                &["password", "delete", "user"][..],
            ),
            (
                "Le mot de passe n'est pas vérifié lors de la suppression de l'utilisateur",
                &["password", "check", "delete", "user"],
            ),
            (
                "La contraseña no se comprueba al eliminar el usuario",
                &["password", "check", "delete", "user"],
            ),
            ("A senha não é verificada ao excluir o usuário", &["password", "delete", "user"]),
            (
                "La password non viene verificata quando si elimina l'utente",
                &["verify", "delete", "user"],
            ),
            ("Пароль не проверяется при удалении пользователя", &["password", "delete", "user"]),
            ("删除用户时没有验证密码", &["delete", "user", "validate", "password"]),
            (
                "ユーザーを削除するときにパスワードが検証されない",
                &["user", "delete", "password", "validate"],
            ),
            (
                "사용자를 삭제할 때 비밀번호를 확인하지 않음",
                &["user", "delete", "password", "check"],
            ),
        ] {
            let found = english(text);
            for word in expected {
                assert!(found.contains(word), "{text}: {found:?} lacks {word}");
            }
        }
    }

    #[test]
    fn german_compounds_are_taken_apart() {
        let found = english("Die Passwortprüfung und der Sitzungsablauf sind falsch");
        for word in ["password", "check", "session"] {
            assert!(found.contains(&word), "{found:?}");
        }
    }

    #[test]
    fn english_is_left_alone() {
        for text in [
            "fix the session cookie expiry",
            "Parse ranges in the header of a request",
            "die on error in total",
            "port the format to the new parser",
            "route table crash",
            "use a hash map for the queue",
            "",
        ] {
            assert!(english(text).is_empty(), "{text}: {:?}", english(text));
            assert!(!Foreign::read(text).is_function_word("die"), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a-zäéßпароль削除パス삭제 '-]{0,60}") {
            Foreign::read(&text);
        }
    }
}
