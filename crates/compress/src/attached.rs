//! What an agent attaches to the output of a tool before the model sees it: reminders, exit codes,
//! the header or wrapper of its harness. It is kept as it is, and ignored when the kind of the
//! output is detected.

use std::ops::Range;

/// The most attachments that are recognised at each end, to bound the time. By hand, not measured.
const MOST_PIECES: usize = 24;
/// The longest line of a header, in bytes. By hand, not measured.
const LONGEST_LINE: usize = 400;

/// Text between these tags is the client's, wherever it is attached.
const REMINDER: (&str, &str) = ("<system-reminder>", "</system-reminder>");

/// How the lines of a header begin.
const HEADS: [&str; 22] = [
    // Codex.
    "Chunk ID: ",
    "Wall time: ",
    "Wall time ",
    "Process exited with code ",
    "Process running with session ID ",
    "Original token count: ",
    "Total output lines: ",
    "Exit code: ",
    "Script completed",
    "Script failed",
    "Script running with cell ID ",
    // Claude Code.
    "Exit code ",
    "Command running in background with ID: ",
    // Gemini CLI and Qwen Code.
    "Command: ",
    "Directory: ",
    // Cline and Roo Code.
    "[execute_command for ",
    "[read_file for ",
    "Command executed",
    "Command is still running",
    // SWE-agent.
    "OBSERVATION:",
    "[File: ",
    // mini-SWE-agent.
    "Observation: ",
];
/// A header's last line: the output follows.
const OUTPUT: [&str; 3] = ["Output:", "Stdout:", "Result:"];
/// The same, with the output on the same line.
const OUTPUT_BESIDE: &str = "Output: ";

/// How the lines that are attached after an output begin.
const TAILS: [&str; 24] = [
    // Claude Code.
    "Shell cwd was reset to ",
    "Command running in background with ID: ",
    // Gemini CLI and Qwen Code.
    "Error: (none)",
    "Exit Code: ",
    "Signal: ",
    "Background PIDs: ",
    "Process Group PGID: ",
    // OpenHands.
    "[The command completed with exit code ",
    "[Command finished with exit code ",
    "[Current working directory: ",
    "[Python interpreter: ",
    // SWE-agent.
    "(Open file: ",
    "(Current directory: ",
    "bash-$",
    // pi, opencode, Goose, Zed and others.
    "Command exited with code ",
    "Command failed with exit code ",
    "Process exited with code ",
    "Exit code: ",
    "Exit code ",
    "exit code: ",
    "[exit code",
    "(exit code",
    "[Process exited",
    "<exited with ",
];

/// Single-line elements that report how the run ended.
const FACTS: [&str; 11] = [
    "returncode",
    "exit_code",
    "exitcode",
    "status",
    "retrieval_status",
    "task_id",
    "task_type",
    "timestamp",
    "path",
    "type",
    "duration",
];
/// Elements that wrap the output.
const FRAMES: [&str; 8] =
    ["output", "stdout", "stderr", "result", "tool_output", "command_output", "file", "content"];

/// The bytes of `text` that are the tool's own output; all of them if nothing else is recognised.
pub(crate) fn content(text: &str) -> Range<usize> {
    let (start, is_framed) = head(text);
    let end = start + tail(&text[start..], is_framed);
    match text[start..end].trim().is_empty() {
        true => 0..text.len(),
        false => start..end,
    }
}

/// [`content`], reduced to whole lines.
pub(crate) fn whole_lines(text: &str) -> Range<usize> {
    let Range { start, end } = content(text);
    let starts_line = |at: usize| at == 0 || text[..at].ends_with('\n');
    let start = match starts_line(start) {
        true => start,
        false => text[start..].find('\n').map_or(end, |line_end| start + line_end + 1),
    };
    let end = match end == text.len() || starts_line(end) {
        true => end,
        false => text[..end].rfind('\n').map_or(0, |line_end| line_end + 1),
    };
    start.min(text.len())..end.max(start)
}

/// Where the output begins, and whether a wrapper was opened before it.
fn head(text: &str) -> (usize, bool) {
    let (mut at, mut is_framed) = (0, false);
    for _ in 0..MOST_PIECES {
        let rest = &text[at..];
        let inner = rest.trim_start_matches(['\n', '\r']);
        let start = text.len() - inner.len();
        if let Some(after) = inner.strip_prefix(REMINDER.0) {
            let Some((_, after)) = after.split_once(REMINDER.1) else { break };
            at = text.len() - after.strip_prefix('\n').unwrap_or(after).len();
            continue;
        }
        let line = inner.split_inclusive('\n').next().unwrap_or("");
        let said = line.trim_end();
        let is_frame = opened(said);
        if line.len() <= LONGEST_LINE
            && (is_frame || is_fact(said) || OUTPUT.contains(&said) || begins(said, &HEADS))
        {
            is_framed |= is_frame;
            at = start + line.len();
            continue;
        }
        if inner.starts_with(OUTPUT_BESIDE) {
            at = start + OUTPUT_BESIDE.len();
        }
        break;
    }
    (at, is_framed)
}

/// Where the output ends.
fn tail(text: &str, is_framed: bool) -> usize {
    let mut end = text.len();
    for _ in 0..MOST_PIECES {
        let rest = text[..end].trim_end();
        if rest.ends_with(REMINDER.1) {
            let Some(start) = rest.rfind(REMINDER.0) else { break };
            end = start;
            continue;
        }
        let start = rest.rfind('\n').map_or(0, |at| at + 1);
        let said = &rest[start..];
        if said.len() <= LONGEST_LINE && (is_fact(said) || begins(said, &TAILS)) {
            end = start;
            continue;
        }
        let closing = FRAMES.iter().filter(|_| is_framed).find_map(|name| {
            let before = rest.strip_suffix('>')?.strip_suffix(name)?;
            before.strip_suffix("</")
        });
        let Some(before) = closing else { break };
        end = before.len();
    }
    if text[end..].trim().is_empty() {
        // Blank lines at the end are the output's where nothing follows.
        return text.len();
    }
    let output = text[..end].trim_end_matches(['\n', '\r']).len();
    text[output..end].find('\n').map_or(end, |line_end| output + line_end + 1)
}

fn begins(line: &str, beginnings: &[&str]) -> bool {
    beginnings.iter().any(|beginning| line.starts_with(beginning))
}

/// Whether `line` is only the opening tag of a wrapper.
fn opened(line: &str) -> bool {
    let name = line.strip_prefix('<').and_then(|line| line.strip_suffix('>'));
    name.is_some_and(|name| FRAMES.contains(&name))
}

/// Whether `line` is an element that reports how the run ended.
fn is_fact(line: &str) -> bool {
    let inner = || {
        let (name, rest) = line.strip_prefix('<')?.split_once('>')?;
        let inner = rest.strip_suffix('>')?.strip_suffix(name)?.strip_suffix("</")?;
        (FACTS.contains(&name) && !inner.contains('<')).then_some(())
    };
    inner().is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_agents_hang_on_is_taken_off() {
        let output = "one\ntwo: Output:\n\n  three";
        for (agent, before, after) in [
            (
                "Claude Code",
                "",
                "\n\n<system-reminder>\nBe careful\nwith it.\n</system-reminder>\n",
            ),
            (
                "Claude Code",
                "<system-reminder>x</system-reminder>\n",
                "\nShell cwd was reset to /w",
            ),
            (
                "Claude Code, failed",
                "Exit code 1\n",
                "\n\n<system-reminder>a</system-reminder>\n<system-reminder>b</system-reminder>",
            ),
            (
                "Claude Code, in the background",
                "<status>running</status>\n\n<exit_code>0</exit_code>\n\n<stdout>\n",
                "\n</stdout>\n\n<timestamp>2026-01-01T00:00:00Z</timestamp>",
            ),
            (
                "Codex",
                "Chunk ID: a1b2c3\nWall time: 0.0520 seconds\nProcess exited with code 0\nOriginal token count: 92\nOutput:\n",
                "",
            ),
            (
                "Codex, older",
                "Exit code: 0\nWall time: 0.1 seconds\nTotal output lines: 500\nOutput:\n\n",
                "",
            ),
            (
                "Gemini CLI",
                "Command: ls\nDirectory: (root)\nOutput: ",
                "\nError: (none)\nExit Code: 0\nSignal: (none)\nBackground PIDs: (none)\nProcess Group PGID: 12\n",
            ),
            ("mini-SWE-agent", "<returncode>0</returncode>\n<output>\n", "</output>"),
            (
                "OpenHands",
                "",
                "\n[The command completed with exit code 0.]\n[Current working directory: /w]\n[Python interpreter: /usr/bin/python]\n[Command finished with exit code 0]",
            ),
            ("SWE-agent", "", "\n(Open file: n/a)\n(Current directory: /testbed)\nbash-$"),
            (
                "opencode",
                "<path>/w/a.py</path>\n<type>file</type>\n<content>\n",
                "\n</content>\n\n<system-reminder>x</system-reminder>",
            ),
            ("pi", "", "\n\nCommand exited with code 1"),
            ("Roo Code", "Command executed in terminal within '/w'. Exit code: 0\nOutput:\n", "\n"),
        ] {
            let text = [before, output, after].concat();
            let found = &text[content(&text)];
            assert_eq!(found.trim_matches('\n'), output, "{agent}");
            assert!(text[..content(&text).start].starts_with(before.trim_end()), "{agent}");
        }
    }

    #[test]
    fn a_line_with_something_else_on_it_is_no_whole_one() {
        let text = "Output: one\ntwo\nthree<system-reminder>x</system-reminder>";
        assert_eq!(&text[content(text)], "one\ntwo\nthree");
        assert_eq!(&text[whole_lines(text)], "two\n");
    }

    #[test]
    fn what_a_tool_says_itself_stays_its_own() {
        for text in [
            "",
            "\n\n",
            "Output:\n",
            "one\ntwo\n",
            "<output>never closed, but said by it</output>",
            "<system-reminder>never closed\none\n",
            "</output>\none",
            "Error: disk full\n",
            "<path>a<b></path>\n",
        ] {
            assert_eq!(content(text), 0..text.len(), "{text}");
        }
        let text = "a\n<output>\nb\n</output>\n";
        assert_eq!(content(text), 0..text.len());
    }

    proptest! {
        #[test]
        fn any_text_has_content(text in "(<system-reminder>|</system-reminder>|<output>|</output>|Output: |Exit code 1|\n|é|</|>|x){0,30}") {
            prop_assert!(text.get(content(&text)).is_some());
            let lines = whole_lines(&text);
            let starts_line = |at: usize| at == 0 || text[..at].ends_with('\n');
            prop_assert!(starts_line(lines.start) || lines.is_empty());
            prop_assert!(starts_line(lines.end) || lines.end == text.len() || lines.is_empty());
        }
    }
}
