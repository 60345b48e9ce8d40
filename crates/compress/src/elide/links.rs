//! The links of a page that was fetched: their texts stay; where they lead to within the site is
//! elided, as are the addresses of images and lines that show nothing else. Links to other sites stay,
//! since those are fetched next; so does a line that the task names.

use super::{Context, Draft, Segment};
use crate::lines::Lines;

/// Fewer links aren't a page's navigation. By hand, not measured.
const FEWEST: usize = 12;
/// Shorter targets, in bytes, cost no more than their absence says.
const SHORTEST_TARGET: usize = 8;

/// A draft of `lines` without the targets of its links.
pub(super) fn draft(lines: &Lines, context: &Context) -> Option<Draft> {
    if memchr::memmem::find_iter(lines.text().as_bytes(), "](").take(FEWEST).count() < FEWEST {
        return None;
    }
    let named = context.task.lines(lines);
    let mut shown = String::new();
    let (mut elided, mut elided_at) = (0, Vec::new());
    for (index, line) in lines.iter().enumerate() {
        if named.binary_search(&index).is_ok() {
            shown.extend([line, "\n"]);
            continue;
        }
        let (text, targets) = without_targets(line);
        elided += targets;
        elided_at.extend((targets > 0).then_some(index));
        if targets == 0 || says_something(&text) {
            shown.extend([&text, "\n"]);
        }
    }
    (elided >= FEWEST).then(|| Draft {
        segments: vec![Segment::Text(shown)],
        unit: "lines' link targets".into(),
        total: lines.count(),
        elided: elided_at.len(),
        elided_at,
        comment: None,
    })
}

/// `line` with empty targets in place of those of its links, and how many they are.
fn without_targets(line: &str) -> (String, usize) {
    let (mut text, mut rest, mut count) = (String::with_capacity(line.len()), line, 0);
    while let Some(at) = rest.find("](") {
        let (before, target) = rest.split_at(at + 2);
        text.push_str(before);
        rest = target;
        let is_image = before[..at].rfind('[').is_some_and(|open| before[..open].ends_with('!'));
        let stays = |length: usize| {
            length < SHORTEST_TARGET || (!is_image && target[..length].contains("://"))
        };
        if let Some(end) = target_length(target).filter(|length| !stays(*length)) {
            rest = &target[end..];
            count += 1;
        }
    }
    text.push_str(rest);
    (text, count)
}

/// The length of the target at the beginning of `text`, which ends at the closing parenthesis.
fn target_length(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, sign) in text.bytes().enumerate() {
        match sign {
            b'(' => depth += 1,
            b')' if depth == 0 => return Some(at),
            b')' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// Whether a line without its targets shows more than images and tags.
fn says_something(line: &str) -> bool {
    let mut rest = line;
    let mut said = String::new();
    while let Some(at) = rest.find("![") {
        said.push_str(&rest[..at]);
        rest = rest[at..].split_once("]()").map_or("", |(_, after)| after);
    }
    said.push_str(rest);
    let mut is_tag = false;
    said.chars().any(|sign| {
        is_tag = sign == '<' || (is_tag && sign != '>');
        !is_tag && sign.is_alphanumeric()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::Task;

    #[test]
    fn the_texts_of_links_stay() {
        let link = |n: usize| format!("- [Chapter {n}](/guide/chapters/{n}_(a)/x)\n");
        let page: String = (0..20).map(link).collect();
        let page =
            format!("# Guide\n![build](https://x/y.svg)\n{page}- [Other](https://y.example)\n");
        let task = Task::of("what does 17 say?");
        let context = Context { task: &task, tight: false, every_line: true };
        let draft = draft(&Lines::of(&page), &context).expect("a draft");
        let [Segment::Text(shown)] = &draft.segments[..] else { panic!("{draft:?}") };
        assert!(shown.starts_with("# Guide\n- [Chapter 0]()\n- [Chapter 1]()\n"), "{shown}");
        assert!(shown.ends_with("[Chapter 19]()\n- [Other](https://y.example)\n"), "{shown}");
        assert!(shown.contains("[Chapter 17](/guide/chapters/17_(a)/x)\n"));
    }

    #[test]
    fn what_is_no_link_stays() {
        for line in ["a](", "f[i](x)", "[a](b", "see [a](#b)", "é](é)"] {
            assert_eq!(without_targets(line), (line.to_owned(), 0), "{line}");
        }
    }
}
