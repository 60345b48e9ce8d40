//! Evidence as phrases: why a file or a span was chosen.

use select::{Confidence, Feature, PinnedBy, RankedChunk, Ranking, Weights};
use syntax::LineRange;

use crate::text::one_line;

/// The most phrases for a file or a span. By hand.
const MAX_PHRASES: usize = 2;
/// The beginning of a phrase of words.
const WORDS: &str = "words: ";
/// Characters of a name or a word that are shown. By hand.
const MAX_WORD_CHARS: usize = 40;

/// The phrases that explain the rank of `chunk`, strongest evidence first, each once.
pub(crate) fn phrases(chunk: &RankedChunk, weights: &Weights) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for (feature, points) in chunk.contributions(weights) {
        if points > 0.0
            && let Some(phrase) = phrase(chunk, feature)
            && !out.contains(&phrase)
        {
            out.push(phrase);
            if out.len() == MAX_PHRASES {
                break;
            }
        }
    }
    if out.is_empty() {
        out.extend(last_resort(chunk).map(str::to_owned));
    }
    out
}

/// What is said of a chunk that has none of the task's words, and that nothing else points at: it is there for what
/// words of the task go with in other programs, or for how often its file changes.
fn last_resort(chunk: &RankedChunk) -> Option<&'static str> {
    let has = |feature: Feature| chunk.row[feature as usize] > 0.0;
    if has(Feature::Associated) {
        Some("words that go with the task's in other programs")
    } else {
        has(Feature::Recency).then_some("changed lately")
    }
}

/// How well the task fits the repository, as a line.
pub(crate) fn confidence(ranking: &Ranking) -> &'static str {
    match ranking.confidence {
        Confidence::Strong => "Confidence: strong",
        Confidence::Mixed => "Confidence: mixed",
        Confidence::Weak => {
            "Confidence: weak: is this the right repository? Little of what the task says is found here"
        }
    }
}

/// The strongest of the [`phrases`], for a list: words of the task stand alone.
pub(crate) fn summary(chunk: &RankedChunk, weights: &Weights) -> Option<String> {
    let first = phrases(chunk, weights).into_iter().next()?;
    Some(first.strip_prefix(WORDS).map_or(first.clone(), str::to_owned))
}

fn is_pinned_by(chunk: &RankedChunk, by: PinnedBy) -> bool {
    chunk.pinned.is_some_and(|pin| pin.by == by)
}

fn phrase(chunk: &RankedChunk, feature: Feature) -> Option<String> {
    let short = |text: &str| one_line(&text.chars().take(MAX_WORD_CHARS).collect::<String>());
    Some(match feature {
        Feature::Name => format!("defines {}", short(chunk.name.as_deref()?)),
        Feature::Enclosing => "inside a definition that the task names".into(),
        Feature::Path => "words in its path".into(),
        Feature::Mention if is_pinned_by(chunk, PinnedBy::Trace) => {
            "in the task's stack trace".into()
        }
        Feature::Mention | Feature::FileMention => "named by the task".into(),
        Feature::HistoryFile | Feature::HistoryChunk => "changed by similar commits".into(),
        Feature::Expansion => "words of similar commits".into(),
        Feature::Focus if is_pinned_by(chunk, PinnedBy::Change) => "changed".into(),
        Feature::Focus if is_pinned_by(chunk, PinnedBy::User) => "asked for".into(),
        Feature::Focus => "in focus".into(),
        Feature::Neighbours => "beside a match".into(),
        Feature::Imports => "imports or is imported by likely files".into(),
        Feature::Tested => "its tests match".into(),
        Feature::Body | Feature::Coverage | Feature::FileBest | Feature::FileWords => {
            if chunk.matched.is_empty() {
                return None;
            }
            let words: Vec<String> =
                chunk.distinct_words().into_iter().take(3).map(short).collect();
            format!("{WORDS}{}", words.join(", "))
        }
        _ => return None,
    })
}

/// The most probable chunk of a file that overlaps `lines`, if any.
pub(crate) fn best_within(
    ranking: &Ranking,
    file: usize,
    lines: Option<LineRange>,
) -> Option<&RankedChunk> {
    let from = ranking.chunks.partition_point(|chunk| chunk.file < file);
    ranking.chunks[from..]
        .iter()
        .take_while(|chunk| chunk.file == file)
        .filter(|chunk| {
            lines.is_none_or(|l| chunk.lines.start <= l.end && l.start <= chunk.lines.end)
        })
        .max_by(|a, b| a.probability.total_cmp(&b.probability).then(b.lines.cmp(&a.lines)))
}

#[cfg(test)]
mod tests {
    use select::FEATURES;

    use super::*;

    fn chunk(features: &[Feature], matched: &[&str]) -> RankedChunk {
        let mut row = [0.0; FEATURES];
        features.iter().for_each(|&feature| row[feature as usize] = 1.0);
        RankedChunk {
            file: 0,
            lines: LineRange { start: 1, end: 9 },
            context: Vec::new(),
            name: None,
            signature: None,
            first_code: Some(1),
            long_comments: Vec::new(),
            has_imports: false,
            readings: vec![row],
            row,
            score: 1.0,
            probability: 0.5,
            matched: matched.iter().map(|&word| word.to_owned()).collect(),
            pinned: None,
        }
    }

    #[test]
    fn a_file_without_words_of_the_task_is_explained_too() {
        let said = |features: &[Feature], matched: &[&str]| {
            summary(&chunk(features, matched), &Weights::built_in())
        };
        let other = "words that go with the task's in other programs";
        assert_eq!(said(&[Feature::Associated, Feature::Recency], &[]).as_deref(), Some(other));
        assert_eq!(said(&[Feature::Associated, Feature::Body], &["cart"]).as_deref(), Some("cart"));
        assert_eq!(said(&[Feature::Recency], &[]).as_deref(), Some("changed lately"));
        assert_eq!(said(&[Feature::Length], &[]), None);
    }
}
