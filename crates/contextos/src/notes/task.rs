//! CURRENT_TASK.md: the current task.
//!
//! The task ends at the last `## Acceptance Criteria`, so that it may have headings of its own: the file that
//! [`file()`] writes gives back any text as it was set. A file that was edited by hand may lack that heading; then the
//! task ends at the next one.

/// The status of a task that was given none.
pub(crate) const STARTED: &str = "In Progress";
/// The status of a task that was cleared.
pub(crate) const CLEARED: &str = "Cleared";

const TEXT_HEADING: &str = "## Task";
const CRITERIA_HEADING: &str = "## Acceptance Criteria";
const STATUS: &str = "**Status:**";
const COMMENT: &str = "<!--";
/// The shortest fence of a code block in Markdown.
const MIN_FENCE: usize = 3;

/// The file for a task.
pub(crate) fn file(task: &str, status: &str, time: &str) -> String {
    let task = task.trim();
    let escape = if begins_as_a_hint(task) { "\\" } else { "" };
    with_text(&format!("{escape}{task}"), status, time)
}

/// The file without a task.
pub(crate) fn cleared_file(time: &str) -> String {
    with_text("<!-- None. `contextos task \"what to do\"` sets one. -->", CLEARED, time)
}

fn with_text(text: &str, status: &str, time: &str) -> String {
    let status = super::one_line(status);
    format!(
        "# Current Task\n\n> Managed by `contextos task`. Edit freely.\n\n{STATUS} {status}  \n\
         **Set:** {time}\n\n{TEXT_HEADING}\n\n{text}\n\n{CRITERIA_HEADING}\n\n- [ ] \n\n## Notes\n"
    )
}

/// The task in the file: the text under `## Task`, or the whole file if it has no such heading. `None` if
/// that is empty.
pub(crate) fn read(file: &str) -> Option<String> {
    let section = section(file.trim_start_matches('\u{feff}'));
    let text = without_hints(&section);
    let text = text.strip_prefix('\\').filter(|_| begins_as_a_hint(text)).unwrap_or(text);
    (!text.is_empty()).then(|| text.to_owned())
}

/// The task's status in the file, if it has one.
pub(crate) fn status(file: &str) -> Option<&str> {
    let line = file.lines().find_map(|line| line.strip_prefix(STATUS))?;
    Some(line.trim()).filter(|status| !status.is_empty())
}

/// `file` with another status and otherwise as it was. `None` if it has no line for one.
pub(crate) fn with_status(file: &str, status: &str) -> Option<String> {
    let line = file.split_inclusive('\n').find(|line| line.starts_with(STATUS))?;
    let start = line.as_ptr() as usize - file.as_ptr() as usize;
    let end = start + line.trim_end().len();
    let status = super::one_line(status);
    Some(format!("{}{STATUS} {status}  {}", &file[..start], file[end..].trim_start_matches(' ')))
}

/// The lines under `## Task`; the whole file if it has no such heading.
fn section(file: &str) -> String {
    let mut lines = file.split_inclusive('\n');
    let Some(heading) = lines.find(|line| line.trim_end() == TEXT_HEADING) else {
        return file.to_owned();
    };
    let lines: Vec<&str> = lines.collect();
    let fenced = fenced(&lines);
    let headings = || (0..lines.len()).filter(|&at| !fenced[at] && begins_section(lines[at]));
    let criteria = headings().rfind(|&at| lines[at].trim_end() == CRITERIA_HEADING);
    let end = criteria.or_else(|| headings().next()).unwrap_or(lines.len());
    let text = lines[..end].concat();
    // These line ends are an editor's, not the task's, if the file's own lines have them.
    if heading.ends_with("\r\n") { text.replace("\r\n", "\n") } else { text }
}

/// A heading of the file's own level; deeper ones are part of the task.
fn begins_section(line: &str) -> bool {
    line.starts_with("## ") || line.starts_with("# ")
}

/// Which lines are in a fenced code block, whose `#` are no headings. A block that is never closed is none: it would
/// have the rest of the file in it, which isn't the task's.
fn fenced(lines: &[&str]) -> Vec<bool> {
    let mut fenced = vec![false; lines.len()];
    let mut open: Option<(usize, &str)> = None;
    for (at, line) in lines.iter().enumerate() {
        let line = line.trim();
        match open {
            None => open = fence(line).map(|fence| (at, fence)),
            Some((start, opening)) if fence(line) == Some(line) && line.starts_with(opening) => {
                fenced[start..=at].fill(true);
                open = None;
            }
            Some(_) => {}
        }
    }
    fenced
}

/// The backticks or tildes that open a code block at the beginning of a line.
fn fence(line: &str) -> Option<&str> {
    let mark = line.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let info = line.trim_start_matches(mark);
    let fence = line.strip_suffix(info)?;
    (fence.len() >= MIN_FENCE && (mark == '~' || !info.contains(mark))).then_some(fence)
}

/// `text` without the HTML comments before it, which are hints for people who edit the file, and trimmed. Those of the
/// task itself, such as those of a page with a bug, stay.
fn without_hints(text: &str) -> &str {
    let mut rest = text.trim();
    while let Some(comment) = rest.strip_prefix(COMMENT) {
        rest = comment.split_once("-->").map_or("", |(_, after)| after.trim_start());
    }
    rest
}

/// Whether a task begins as a hint does, but for the backslashes that escape it.
fn begins_as_a_hint(task: &str) -> bool {
    task.trim_start_matches('\\').starts_with(COMMENT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Lines that mean something in the file, or in Markdown.
    const LINES: &str = r"(# |## |### )?(Task|Acceptance Criteria|Notes|x)?[ ]{0,2}|```[a-z]{0,2}|~~~~|\*\*Status:\*\* y|\\{0,2}(<!--|-->)?[ x]{0,3}(-->)?|\r|\u{feff}";

    proptest! {
        #[test]
        fn any_task_comes_back_as_it_was_set(
            lines in proptest::collection::vec(LINES, 1..12),
            anything in any::<String>(),
        ) {
            for task in [lines.join("\n"), lines.join("\r\n"), anything] {
                let written = file(&task, STARTED, "now");
                let task = task.trim();
                prop_assert_eq!(read(&written).unwrap_or_default(), task);
                prop_assert_eq!(status(&written), Some(STARTED));
            }
        }
    }

    #[test]
    fn a_task_comes_back_as_it_was_set() {
        let written =
            file("fix the bug\n\n- in `a.rs`\n### Trace\n1: main\n", "In Progress", "now");
        assert_eq!(read(&written).unwrap(), "fix the bug\n\n- in `a.rs`\n### Trace\n1: main");
        assert_eq!((status(&written), status("x\n")), (Some("In Progress"), None));
    }

    #[test]
    fn headings_in_a_file_edited_by_hand() {
        for (section, task) in [
            ("fix it\n\n## Acceptance Criteria\n\n- a\n", "fix it"),
            (
                "fix it\n\n## Steps\n\n1. a\n\n## Acceptance Criteria\n\n## Notes\n",
                "fix it\n\n## Steps\n\n1. a",
            ),
            ("fix it\n\n## Notes\n\nb\n", "fix it"),
            ("fix it\n\n# Elsewhere\n", "fix it"),
            ("fix it\n", "fix it"),
            ("fix it\n```\n# a\n```\nsoon\n\n## Notes\n", "fix it\n```\n# a\n```\nsoon"),
            (
                "fix it\n\n## Acceptance Criteria\n\n## Notes\n\n~~~\n## Acceptance Criteria\n~~~\n",
                "fix it",
            ),
            (
                "<!-- What? -->\n\n<!-- And\nwhy? -->\nfix it <!-- soon -->\n",
                "fix it <!-- soon -->",
            ),
        ] {
            let file = format!("# Current Task\n\n## Task\n\n{section}");
            assert_eq!(read(&file).as_deref(), Some(task), "{file}");
            let on_windows = file.replace('\n', "\r\n");
            assert_eq!(read(&on_windows).as_deref(), Some(task), "{on_windows}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_task() {
        assert_eq!(read("\u{feff}fix the bug\r\n").unwrap(), "fix the bug");
        assert_eq!(read("\u{feff}## Task\nfix it\n").unwrap(), "fix it");
    }

    #[test]
    fn a_status_changes_and_nothing_else() {
        let written = file("fix it", STARTED, "now");
        let changed = with_status(&written, "Done\nnow").unwrap();
        assert_eq!(changed, written.replace(STARTED, "Done now"));
        assert_eq!(with_status(&changed, STARTED).unwrap(), written);
        assert_eq!(with_status("**Status:** a\r\nb", "c").unwrap(), "**Status:** c  \r\nb");
        assert_eq!(with_status("make it faster\n", "Done"), None);
    }

    #[test]
    fn no_task_is_none() {
        assert_eq!(read(&cleared_file("now")), None);
        assert_eq!(read(""), None);
        assert_eq!(read("## Task\n\n<!-- What are you working on? -->\n\n## Notes\n\nx\n"), None);
    }

    #[test]
    fn a_file_without_the_heading_is_the_task() {
        assert_eq!(read("make it faster\n").unwrap(), "make it faster");
    }
}
