//! Equal to the reference implementation on any text, in both encodings.

use std::sync::LazyLock;

use proptest::prelude::*;
use tiktoken_rs::CoreBPE;
use tokens::{Encoding, count, encode, seam_adds, segments};

static O200K_BASE: LazyLock<CoreBPE> =
    LazyLock::new(|| tiktoken_rs::o200k_base().expect("the reference"));
static CL100K_BASE: LazyLock<CoreBPE> =
    LazyLock::new(|| tiktoken_rs::cl100k_base().expect("the reference"));

fn references() -> [(Encoding, &'static CoreBPE); 2] {
    [(Encoding::O200kBase, &O200K_BASE), (Encoding::Cl100kBase, &CL100K_BASE)]
}

fn assert_equal(text: &str) {
    for (encoding, reference) in references() {
        let expected = reference.encode_ordinary(text);
        assert_eq!(encode(encoding, text), expected, "{encoding:?} {text:?}");
        assert_eq!(count(encoding, text), expected.len(), "{encoding:?} {text:?}");
    }
}

fn every_character() -> impl Iterator<Item = char> {
    '\0'..=char::MAX
}

/// Compares the lines that `line` makes of every character, many at a time; where a whole differs,
/// line by line, so that the failure names the character.
fn assert_equal_lines(line: impl Fn(char) -> String) {
    let characters: Vec<char> = every_character().collect();
    for block in characters.chunks(4096) {
        let lines: Vec<String> = block.iter().map(|&c| line(c)).collect();
        let text = lines.concat();
        for (encoding, reference) in references() {
            if encode(encoding, &text) != reference.encode_ordinary(&text) {
                lines.iter().for_each(|line| assert_equal(line));
                assert_equal(&text);
            }
        }
    }
}

#[test]
fn every_character_alone() {
    for (encoding, reference) in references() {
        let mut buffer = [0; 4];
        for character in every_character() {
            let text = &*character.encode_utf8(&mut buffer);
            let expected = reference.encode_ordinary(text);
            assert_eq!(encode(encoding, text), expected, "{encoding:?} {text:?}");
        }
    }
}

#[test]
fn every_character_after_a_letter() {
    assert_equal_lines(|c| format!("a{c}\n."));
    assert_equal_lines(|c| format!("B{c}c\n."));
}

#[test]
fn every_character_after_a_space() {
    assert_equal_lines(|c| format!("; {c}x"));
}

#[test]
fn every_character_before_a_newline() {
    assert_equal_lines(|c| format!("{c}\n"));
    assert_equal_lines(|c| format!(". {c}\n\n/"));
}

/// What each part of the patterns tells apart, and characters that engines disagree about.
fn hostile_character() -> impl Strategy<Value = char> {
    prop_oneof![
        4 => prop::sample::select("abzsStTrReEvVmMlLdD".chars().collect::<Vec<_>>()),
        4 => prop::sample::select("  \n\n\r\t\u{b}\u{c}\u{85}\u{a0}\u{2028}\u{2029}\u{3000}\u{200b}\u{feff}\u{1c}".chars().collect::<Vec<_>>()),
        4 => prop::sample::select("'/.,:;!?(){}[]<>=_-\"’|*#".chars().collect::<Vec<_>>()),
        2 => prop::sample::select("0123456789²½٣Ⅷ〇๙".chars().collect::<Vec<_>>()),
        3 => prop::sample::select("ſKǅʰªßİıÅéЖжאعกाहかカ漢字한\u{345}\u{301}\u{20dd}\u{94d}\u{e0100}\u{200d}\u{fe0f}😀🇩👍🏽".chars().collect::<Vec<_>>()),
        2 => any::<char>(),
    ]
}

fn hostile_text(longest: usize) -> impl Strategy<Value = String> {
    let word = prop_oneof![
        8 => hostile_character().prop_map(String::from),
        1 => (hostile_character(), 2..60usize).prop_map(|(c, n)| String::from(c).repeat(n)),
        1 => "[a-z]{1,12}",
        1 => prop::sample::select(vec![
            "<|endoftext|>", "<|fim_prefix|>", "<|endofprompt|>", "'re", "'LL", "'ſ", "\r\n", "\n\n    ",
            "//", "}\n/", "naïve", "HTTPServer", "snake_case", "camelCase", "=====", "https://",
        ]).prop_map(String::from),
    ];
    prop::collection::vec(word, 0..longest).prop_map(|words| words.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn mixed_alphabets(text in hostile_text(40)) {
        for (encoding, reference) in references() {
            let expected = reference.encode_ordinary(&text);
            prop_assert_eq!(&encode(encoding, &text), &expected);
            prop_assert_eq!(count(encoding, &text), expected.len());
        }
    }

    #[test]
    fn any_text(text in any::<String>()) {
        for (encoding, reference) in references() {
            prop_assert_eq!(encode(encoding, &text), reference.encode_ordinary(&text));
        }
    }

    #[test]
    fn runs_of_letters(text in "[ab]{33,400}|[a-z]{33,200}|[漢字仮名]{11,100}|[กขคา]{11,100}") {
        for (encoding, reference) in references() {
            prop_assert_eq!(encode(encoding, &text), reference.encode_ordinary(&text));
        }
    }

    #[test]
    fn tokens_add_up_at_a_seam(before in hostile_text(12), next in hostile_text(12), newline in any::<bool>()) {
        let before = if newline { before + "\n" } else { before };
        if seam_adds(before.is_empty() || before.ends_with('\n'), &next) {
            for (_, reference) in references() {
                let apart = reference.encode_ordinary(&before).len() + reference.encode_ordinary(&next).len();
                prop_assert_eq!(reference.encode_ordinary(&(before.clone() + &next)).len(), apart);
            }
        }
    }

    #[test]
    fn tokens_of_segments_add_up(lines in prop::collection::vec(hostile_text(6), 0..8), newline in any::<bool>()) {
        let text = lines.join("\n") + if newline { "\n" } else { "" };
        let whole = if text.is_empty() || text.ends_with('\n') { text.clone() } else { text.clone() + "\n" };
        for (encoding, reference) in references() {
            let segments = segments(encoding, &text);
            prop_assert_eq!(segments.last().map_or(0, |last| last.end), text.len());
            // Any range of segments has the tokens that its text has, not only the whole.
            let mut start = 0;
            let mut price = 0;
            for (nth, segment) in segments.iter().enumerate() {
                let before = &text[..start];
                prop_assert!(before.is_empty() || before.ends_with('\n'));
                prop_assert_eq!(segment.first_line as usize, 1 + before.matches('\n').count());
                prop_assert!(segment.end > start);
                let rest = &whole[start..];
                let rest_price: u32 = segments[nth..].iter().map(|segment| segment.tokens).sum();
                prop_assert_eq!(rest_price as usize, reference.encode_ordinary(rest).len());
                start = segment.end;
                price += segment.tokens as usize;
                if start < text.len() {
                    prop_assert_eq!(price, reference.encode_ordinary(&text[..start]).len());
                }
            }
        }
    }
}

/// Texts that end differently in the two encodings, or that an earlier form got wrong.
#[test]
fn ends_of_texts() {
    for text in [
        "",
        "\n",
        "\n  ",
        " \n \n ",
        "a\n\n\n",
        "a   ",
        "a \u{a0}\u{a0}",
        "\r\r\n",
        "x\r\n\r\n  y",
        "'",
        "a'",
        "a's",
        "''s",
        "A'RE",
        "日ABC",
        "日ABc",
        "\u{301}ABC",
        "!\u{301}'s",
        "\u{301}",
        "\u{301}\u{301}'ll",
        "}\n/\n",
        "}\n//x",
        "1234567",
        "  1",
        "\t!",
        " \u{301}a",
        "'ſ",
        "o'ſt",
        "<|endoftext|>",
        "\u{85}\u{85}x",
        "\u{2028}\nx",
    ] {
        assert_equal(text);
    }
}

#[test]
fn this_crate_s_own_files() {
    for text in [
        include_str!("reference.rs"),
        include_str!("../src/split.rs"),
        include_str!("../data/models.txt"),
        include_str!("../../../Cargo.lock"),
    ] {
        assert_equal(text);
        assert_equal(&text.replace('\n', "\r\n"));
    }
}

/// Long runs, at a length that the reference can do; `merge.rs` bounds the steps for longer ones.
#[test]
fn long_runs() {
    for run in [
        "a", "A", "ab", "日", "\u{301}", "=", "0", " ", "\n", "\r\n", "\u{a0}", " \n", "日A",
        "\u{301}A", "/\n",
    ] {
        let text = run.repeat(10_000 / run.len());
        assert_equal(&text);
        assert_equal(&(text + "x"));
    }
}
