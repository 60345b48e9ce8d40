//! Reach: which candidates are worth parsing, by a ranking of their sketches.
//!
//! Parsing is most of the work of a pack for a new task. A sketch ([`syntax::sketch`]) takes a small part of it, and says
//! nearly as well how far ahead the chunks of a file are; what a pack shows is cut and ranked by parsing.

use crate::corpus::Corpus;
use crate::evidence::user;
use crate::rank::{RankedChunk, Ranking};
use crate::survey::Survey;

/// How many times as much as the budget those chunks may be, best first, whose files are worth parsing. Measured on 200
/// commits of ten repositories, beside parsing all 80 candidates (their messages; these without names of code): of the
/// changed files, 0.911 instead of 0.899 and 0.879 instead of 0.875 at 8,000 tokens, 0.860 and 0.795 as before at 4,000; of
/// the spans, 0.719 instead of 0.721, 0.548 instead of 0.546, 0.636 as before, 0.482 instead of 0.486. With 4, the same.
const REACH: usize = 2;
/// Tokens of a line of code, about: what a budget is in lines.
const TOKENS_OF_LINE: usize = 10;
/// The fewest lines in reach. By hand: in a repository that has no more, all is parsed.
const LEAST_LINES: usize = 800;
/// So many candidates are always worth parsing, the first ones of the survey. By hand.
const ALWAYS: usize = 8;

/// The candidates that a pack of `budget` tokens may show, by a ranking of their sketches: indices into the corpus, in
/// order. What the task mentions or points at and what the user named in `focus` is among them.
pub fn within_reach(
    corpus: &Corpus,
    survey: &Survey,
    ranking: &Ranking,
    focus: &[String],
    budget: usize,
) -> Vec<usize> {
    let is_named = |&file: &usize| {
        user::points_at(focus, &corpus.files[file].path) > 0.0
            || survey.readings.iter().any(|files| files[file].mention > 0.0)
    };
    let mut near: Vec<usize> = survey.candidates.iter().take(ALWAYS).copied().collect();
    near.extend(survey.candidates.iter().copied().filter(is_named));
    let mut chunks: Vec<&RankedChunk> = ranking.chunks.iter().collect();
    chunks.sort_by(|a, b| b.probability.total_cmp(&a.probability));
    let mut lines = LEAST_LINES.max(budget.saturating_mul(REACH) / TOKENS_OF_LINE);
    for chunk in chunks {
        if lines > 0 || chunk.pinned.is_some() {
            near.push(chunk.file);
        }
        lines = lines.saturating_sub((chunk.lines.end - chunk.lines.start + 1) as usize);
    }
    near.sort_unstable();
    near.dedup();
    near
}

#[cfg(test)]
mod tests {
    use syntax::{Language, Outline};

    use super::*;
    use crate::corpus::{FileKind, SourceFile};
    use crate::{History, Query, Ranker, Task, Weights};

    fn source(path: String, text: String) -> SourceFile {
        let language = Language::of(&path, &text);
        SourceFile { path, hash: [0; 32], language, kind: FileKind::Source, text: text.into() }
    }

    /// Files of a hundred lines each, of which the earlier ones say more of the task.
    fn corpus() -> Corpus {
        let file = |at: usize| {
            let about = "    token = refresh(session)\n".repeat(40 - at);
            let other = "    total = add(total, price)\n".repeat(59 + at);
            source(format!("src/m{at:02}.py"), format!("def work(total):\n{about}{other}"))
        };
        Corpus { files: (0..40).map(file).collect(), history: History::default() }
    }

    fn near(task: &str, focus: &[String], budget: usize) -> Vec<usize> {
        let (corpus, task) = (corpus(), Task::new(task));
        let query = Query::new(&task, crate::Matches::default(), &corpus.history, &[]);
        let survey = crate::survey(&corpus, &query, focus, budget);
        let of = |&at: &usize| syntax::sketch(Language::Python, &corpus.files[at].text).unwrap();
        let sketches: Vec<Outline> = survey.candidates.iter().map(of).collect();
        let outlines: Vec<&Outline> = sketches.iter().collect();
        let mut ranker = Ranker::new(&corpus, &query, &survey, &outlines, focus);
        let ranking = ranker.rank(&Weights::built_in());
        assert_eq!(survey.candidates.len(), corpus.files.len());
        within_reach(&corpus, &survey, &ranking, focus, budget)
    }

    #[test]
    fn a_larger_budget_reaches_more_files_and_a_huge_one_all() {
        let task = "the refresh of the session's token fails";
        let (small, large) = (near(task, &[], 4_000), near(task, &[], 12_000));
        assert!(small.contains(&0), "{small:?}");
        assert!(small.len() < large.len(), "{small:?} {large:?}");
        assert_eq!(near(task, &[], usize::MAX).len(), 40);
    }

    #[test]
    fn what_is_named_is_in_reach() {
        let task = "the refresh of the session's token fails in src/m38.py";
        let near = near(task, &["src/m39.py".to_owned()], 1_000);
        assert!(near.contains(&38) && near.contains(&39), "{near:?}");
    }
}
