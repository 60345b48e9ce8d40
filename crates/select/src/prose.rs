//! The prose of a task: what its writer says, without what they pasted.
//!
//! An issue is a few sentences around logs, sessions, sample code and the headings of a template. Their words are
//! many and mostly of another domain, so that they drown the sentences. A task is therefore read twice, as it is and
//! as its prose ([`Task`](crate::Task)).

/// The most lines of a fenced block that counts as prose. By hand: people quote a call or an error in a few
/// lines; programs and sessions are longer.
const SHORT_BLOCK: usize = 5;
/// The fewest lines of a block without fences, of which each looks like code or output. By hand: a list of three
/// commands is a part of the sentence before it.
const RUN: usize = 4;
/// Characters: a longer line without a blank is data. By hand.
const LONGEST_WORD: usize = 120;

/// What begins and ends a comment of Markdown.
const COMMENT: &str = "<!--";
const COMMENT_END: &str = "-->";

/// Parts of the headings of issue templates under which people describe their machine instead of the problem.
const ENVIRONMENT: &[&str] = &[
    "version",
    "environment",
    "system info",
    "operating system",
    "platform",
    "browser",
    "device",
    "hardware",
    "checklist",
    "dependency management",
    "prerequisite",
    "before you",
    "before submitting",
    "screenshot",
    "setup",
];

/// The headings of issue templates, in lower case, without marks.
const TEMPLATE: &[&str] = &[
    "describe the bug",
    "bug description",
    "description",
    "summary",
    "context",
    "additional context",
    "to reproduce",
    "how to reproduce",
    "reproduction",
    "steps to reproduce",
    "steps to reproduce the behavior",
    "code to reproduce",
    "minimum reproducible example",
    "expected behavior",
    "expected behaviour",
    "expected result",
    "expected results",
    "actual behavior",
    "actual behaviour",
    "actual result",
    "actual results",
    "current behavior",
    "current behaviour",
    "observed behavior",
    "observed behaviour",
    "what happened",
    "what did you do",
    "what did you expect to happen",
    "what did you expect",
    "error message",
    "is your feature request related to a problem? please describe",
    "describe the solution you'd like",
    "describe alternatives you've considered",
    "possible solution",
    "system information",
];

/// Names before a colon in lines about the reporter's machine.
const MACHINE: &[&str] = &[
    "os",
    "version",
    "platform",
    "python",
    "python version",
    "node",
    "node version",
    "npm",
    "java",
    "jdk",
    "kotlin",
    "gradle",
    "go version",
    "php",
    "php version",
    "ruby",
    "browser",
    "chrome",
    "firefox",
    "system",
    "arch",
    "docker",
    "operating system",
    "cuda",
    "gpu",
    "compiler",
    "release",
    "distribution",
];

/// The prose of `text`; all of it where nothing else is there.
pub(crate) fn prose(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut keep = vec![true; lines.len()];
    drop_fenced(&lines, &mut keep);
    drop_runs(&lines, &mut keep);
    drop_template(&lines, &mut keep);
    let kept: Vec<&str> =
        lines.iter().zip(&keep).filter(|(_, keep)| **keep).map(|(line, _)| *line).collect();
    let prose = kept.join("\n");
    if prose.contains(char::is_alphanumeric) { prose } else { text.to_owned() }
}

/// The fence at the beginning of a line, without the language after it.
fn fence(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let mark = line.chars().next().filter(|mark| matches!(mark, '`' | '~'))?;
    let end = line.find(|c| c != mark).unwrap_or(line.len());
    (end >= 3).then(|| &line[..end])
}

/// Drops fences, and the blocks between them that are long. A block that is never closed ends with the text.
fn drop_fenced(lines: &[&str], keep: &mut [bool]) {
    let mut at = 0;
    while at < lines.len() {
        let Some(opening) = fence(lines[at]) else {
            at += 1;
            continue;
        };
        let closes = |line: &&str| fence(line).is_some_and(|closing| closing.starts_with(opening));
        let inside = lines[at + 1..].iter().position(closes).unwrap_or(lines.len() - at - 1);
        let end = (at + 1 + inside).min(lines.len() - 1);
        let said =
            lines[at + 1..].iter().take(inside).filter(|line| !line.trim().is_empty()).count();
        keep[at] = false;
        keep[end] = false;
        if said > SHORT_BLOCK {
            keep[at..=end].fill(false);
        }
        at = end + 1;
    }
}

/// Drops runs of lines that look like code or output although no fence stands around them.
fn drop_runs(lines: &[&str], keep: &mut [bool]) {
    let mut at = 1;
    while at < lines.len() {
        let run = lines[at..].iter().take_while(|line| is_pasted(line) || line.trim().is_empty());
        let run: Vec<bool> = run.map(|line| !line.trim().is_empty()).collect();
        if run.iter().filter(|said| **said).count() >= RUN {
            keep[at..at + run.len()].fill(false);
        }
        at += run.len().max(1);
    }
}

/// Whether a line is rather code, output or data than a sentence.
fn is_pasted(line: &str) -> bool {
    let text = line.trim();
    if text.is_empty() {
        return false;
    }
    let prompt = [">>>", "$ ", "> ", "# ", "+ ", "❯ "].iter().any(|start| text.starts_with(start))
        && !text.starts_with("> ")
        && !text.starts_with("# ");
    let frame = text.starts_with("at ") && text.contains(['(', ':'])
        || text.starts_with("File \"")
        || text.starts_with('#') && text[1..].starts_with(|c: char| c.is_ascii_digit());
    let stamped = text.starts_with(|c: char| c.is_ascii_digit() || c == '[')
        && text.chars().take(24).filter(|c| c.is_ascii_digit()).count() >= 6;
    let closes = text.ends_with([';', '{', '}', ')', ',', '[', ']'])
        && !text.ends_with("…)")
        && !starts_like_a_sentence(text);
    let only_marks = !text.contains(char::is_alphanumeric);
    let long_data = text.len() > LONGEST_WORD && !text.contains(char::is_whitespace);
    let marks = text.chars().filter(|c| "{}()[];=<>|\\/\"_:$".contains(*c)).count();
    let dense = marks * 7 > text.chars().count() && !text.contains("://");
    let indented = line.starts_with("    ") || line.starts_with('\t');
    prompt
        || frame
        || stamped
        || closes
        || only_marks
        || long_data
        || dense
        || (indented && !starts_like_a_list(text))
}

fn starts_like_a_list(text: &str) -> bool {
    text.starts_with(['-', '*', '•']) || text.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether a line begins with two words of letters, the first with a capital.
fn starts_like_a_sentence(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let plain =
        |word: &str| word.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | ',' | '’'));
    let first = words.next().filter(|word| plain(word) && word.starts_with(char::is_uppercase));
    first.is_some() && words.next().is_some_and(plain) && words.next().is_some_and(plain)
}

/// The text of a heading (`## Version`, `**Version:**`), in lower case.
fn heading(line: &str) -> Option<String> {
    let text = line.trim();
    let inner = if text.starts_with('#') {
        text.trim_matches('#')
    } else {
        text.strip_prefix("**")?.trim_end_matches(':').strip_suffix("**")?
    };
    Some(plain_heading(inner))
}

fn plain_heading(text: &str) -> String {
    text.trim().trim_matches(['*', '#', ':', '_', ' ', '.']).to_lowercase()
}

/// Drops what a template says and what is said of the reporter's machine. The first line is the title, and stays.
fn drop_template(lines: &[&str], keep: &mut [bool]) {
    let mut in_environment = false;
    for (at, line) in lines.iter().enumerate() {
        if at == 0 {
            // A title may speak of an environment.
            keep[at] &= !is_template(line);
            continue;
        }
        if !keep[at] {
            continue;
        }
        if let Some(heading) = heading(line) {
            in_environment = ENVIRONMENT.iter().any(|word| heading.contains(word));
            keep[at] = !in_environment && !TEMPLATE.contains(&heading.as_str());
            continue;
        }
        keep[at] = !in_environment
            && !TEMPLATE.contains(&plain_heading(line).as_str())
            && !is_of_machine(line);
    }
}

/// Whether a line is a heading of a template.
fn is_template(line: &str) -> bool {
    heading(line).is_some_and(|heading| TEMPLATE.contains(&heading.as_str()))
}

/// The line that says what a task is about: the first one that says something and is neither in a comment of a template nor
/// one of its headings; the first one at all if there is no such line.
pub fn title(task: &str) -> String {
    let says_something = |line: &&str| line.contains(char::is_alphanumeric);
    let said = without_comments(task);
    let own = said.lines().filter(says_something).find(|line| !is_template(line));
    let first = own.or_else(|| task.lines().find(says_something)).unwrap_or(task);
    first.trim_start_matches(['#', ' ']).to_owned()
}

/// `text` without the comments of issue templates, which begin a line and aren't shown to anybody; all of it if nothing else
/// is there.
pub(crate) fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let (mut in_comment, mut in_block) = (false, false);
    for line in text.split_inclusive('\n') {
        in_block ^= !in_comment && fence(line).is_some();
        in_comment |= !in_block && line.trim_start().starts_with(COMMENT);
        if !in_comment {
            kept.push_str(line);
        } else if let Some((_, after)) = line.split_once(COMMENT_END) {
            in_comment = false;
            kept.push_str(after);
        }
    }
    // One that isn't closed is no comment.
    if in_comment || !kept.contains(char::is_alphanumeric) { text.to_owned() } else { kept }
}

/// Whether a line is like `OS: Windows 10` or `- Python version: 3.8`.
fn is_of_machine(line: &str) -> bool {
    let Some((name, value)) = line.split_once(':') else { return false };
    let name = name.trim().trim_matches(['-', '*', '_', ' ']).to_lowercase();
    MACHINE.contains(&name.as_str()) && value.chars().count() < 80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_what_the_writer_says_first() {
        for (task, expected) in [
            ("# Fix the cart\n\nIt is full.", "Fix the cart"),
            ("\n---\nFix the cart", "Fix the cart"),
            ("<!-- Search before you open an issue -->\nThe cart is full\n", "The cart is full"),
            (
                "<!--\nPlease read\nthis\n-->\n\n### Describe the bug\n\nThe cart is full",
                "The cart is full",
            ),
            ("### Describe the bug\n", "Describe the bug"),
            ("<!-- of HTML --> is shown as text", "is shown as text"),
            ("<!-- never closed\nx", "<!-- never closed"),
            ("", ""),
        ] {
            assert_eq!(title(task).trim(), expected, "{task:?}");
        }
    }

    #[test]
    fn comments_of_templates_are_no_part_of_a_task() {
        let without = |text: &str| without_comments(text);
        assert_eq!(without("a\n<!-- x\ny --> b\nc"), "a\n b\nc");
        for whole in [
            "a <!-- b --> c",
            "```html\n<!-- b -->\n```\n",
            "<!-- b",
            "<!-- all -->",
            "a\n<!-- b\n",
        ] {
            assert_eq!(without(whole), whole);
        }
    }
}
