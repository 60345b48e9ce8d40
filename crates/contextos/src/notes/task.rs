//! CURRENT_TASK.md: the current task.

use super::without_comments;

/// The status of a task that was given none.
pub(crate) const STARTED: &str = "In Progress";
/// The status of a task that was cleared.
pub(crate) const CLEARED: &str = "Cleared";

const TEXT_HEADING: &str = "## Task";
const STATUS: &str = "**Status:**";

/// The file for a task.
pub(crate) fn file(task: &str, status: &str, time: &str) -> String {
    let status = super::one_line(status);
    let task = task.trim();
    format!(
        "# Current Task\n\n> Managed by `contextos task`. Edit freely.\n\n{STATUS} {status}  \n\
         **Set:** {time}\n\n{TEXT_HEADING}\n\n{task}\n\n## Acceptance Criteria\n\n- [ ] \n\n## Notes\n"
    )
}

/// The file without a task.
pub(crate) fn cleared_file(time: &str) -> String {
    file("<!-- None. `contextos task \"what to do\"` sets one. -->", CLEARED, time)
}

/// The task in the file: the text under `## Task`, or the whole file if it has no such heading. `None` if
/// that is empty.
pub(crate) fn read(file: &str) -> Option<String> {
    let file = without_comments(file.trim_start_matches('\u{feff}'));
    let mut lines = file.lines().skip_while(|line| line.trim_end() != TEXT_HEADING);
    let task = match lines.next() {
        Some(_) => lines.take_while(|line| !begins_section(line)).collect::<Vec<_>>().join("\n"),
        None => file.clone(),
    };
    let task = task.trim();
    (!task.is_empty()).then(|| task.to_owned())
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

/// A heading of the file's own level ends the task; deeper ones are part of it.
fn begins_section(line: &str) -> bool {
    line.starts_with("## ") || line.starts_with("# ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_comes_back_as_it_was_set() {
        let written =
            file("fix the bug\n\n- in `a.rs`\n### Trace\n1: main\n", "In Progress", "now");
        assert_eq!(read(&written).unwrap(), "fix the bug\n\n- in `a.rs`\n### Trace\n1: main");
        assert_eq!((status(&written), status("x\n")), (Some("In Progress"), None));
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
