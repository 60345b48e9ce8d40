//! Baselines: a budget filled with whole files, ranked by BM25 of their words or by their path.

use select::{Corpus, FileKind, Survey};
use syntax::LineRange;
use tokens::Encoding;

use super::measure::Shown;

/// The tokens of a file's heading and fence, roughly.
const WRAPPING: usize = 20;
/// The number of files that are tried, because the best ones may be too large. By hand.
const TRIED: usize = 200;

/// Whole source files by BM25 of their text and path.
pub(crate) fn by_words(corpus: &Corpus, survey: &Survey, budget: usize) -> Shown {
    fill(corpus, survey.by_words(), budget)
}

/// Whole source files by how much of the task is in their path.
pub(crate) fn by_path(corpus: &Corpus, survey: &Survey, budget: usize) -> Shown {
    fill(corpus, survey.by_path(), budget)
}

fn fill(corpus: &Corpus, order: Vec<usize>, budget: usize) -> Shown {
    let mut left = budget;
    let mut shown = Shown::default();
    let source = order.into_iter().filter(|&at| corpus.files[at].kind == FileKind::Source);
    for file in source.take(TRIED).map(|at| &corpus.files[at]) {
        // Source text has fewer than nine bytes per token, so larger files needn't be counted.
        if file.text.len() / 9 > left {
            continue;
        }
        let price = tokens::count(Encoding::default(), &file.text) + WRAPPING;
        if price <= left {
            left -= price;
            let end = file.text.lines().count().max(1) as u32;
            shown.lines.insert(file.path.clone(), vec![LineRange { start: 1, end }]);
        }
    }
    shown
}
