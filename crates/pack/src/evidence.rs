//! Evidence in words: why a file or span was chosen, in a phrase or two.

use select::{Feature, RankedUnit, Ranking, Weights};
use syntax::LineRange;

use crate::text::one_line;

/// Pieces of a score that are told.
const TOLD: usize = 2;
/// Characters of a name or word that are told.
const LONGEST: usize = 40;

/// The phrases that tell why `unit` ranks where it does, strongest first, each once.
pub(crate) fn phrases(unit: &RankedUnit, weights: &Weights) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for (feature, points) in unit.pieces(weights) {
        if points > 0.0
            && let Some(phrase) = phrase(unit, feature)
            && !out.contains(&phrase)
        {
            out.push(phrase);
            if out.len() == TOLD {
                break;
            }
        }
    }
    out
}

fn phrase(unit: &RankedUnit, feature: Feature) -> Option<String> {
    let short = |text: &str| one_line(&text.chars().take(LONGEST).collect::<String>());
    Some(match feature {
        Feature::Name => format!("defines {}", short(unit.name.as_deref()?)),
        Feature::Enclosing => "inside a definition that the task names".into(),
        Feature::Path => "path like the task".into(),
        Feature::Anchor | Feature::FileAnchor => "named by the task".into(),
        Feature::HistoryFile | Feature::HistoryUnit => "changed by commits like the task".into(),
        Feature::Translation => "words of commits like the task".into(),
        Feature::Focus => "in focus".into(),
        Feature::Neighbours => "beside a match".into(),
        Feature::Imports => "imports or is imported by likely files".into(),
        Feature::Tested => "its tests match".into(),
        Feature::Body | Feature::Coverage | Feature::FileBest | Feature::FileWords => {
            if unit.matched.is_empty() {
                return None;
            }
            let mut words: Vec<String> = Vec::new();
            for word in unit.matched.iter().map(|word| short(word)) {
                // A name can match as a whole and by what it is made of.
                if words.len() < 3 && !words.contains(&word) {
                    words.push(word);
                }
            }
            format!("words: {}", words.join(", "))
        }
        _ => return None,
    })
}

/// The likeliest unit of a file that overlaps `lines`, if any.
pub(crate) fn best_within(
    ranking: &Ranking,
    file: usize,
    lines: Option<LineRange>,
) -> Option<&RankedUnit> {
    let from = ranking.units.partition_point(|unit| unit.file < file);
    ranking.units[from..]
        .iter()
        .take_while(|unit| unit.file == file)
        .filter(|unit| lines.is_none_or(|l| unit.lines.start <= l.end && l.start <= unit.lines.end))
        .max_by(|a, b| a.chance.total_cmp(&b.chance).then(b.lines.cmp(&a.lines)))
}
