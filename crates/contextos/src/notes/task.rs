//! CURRENT_TASK.md: the current task.

use super::without_comments;

/// The status of a task that was cleared.
pub(crate) const CLEARED: &str = "Cleared";

const TEXT_HEADING: &str = "## Task";

/// The file for a task.
pub(crate) fn file(task: &str, status: &str, time: &str) -> String {
    let status = super::one_line(status);
    let task = task.trim();
    format!(
        "# Current Task\n\n> Managed by `contextos task`. Edit freely.\n\n**Status:** {status}  \n\
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
    let file = without_comments(file);
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
    let line = file.lines().find_map(|line| line.strip_prefix("**Status:**"))?;
    Some(line.trim()).filter(|status| !status.is_empty())
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
