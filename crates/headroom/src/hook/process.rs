//! The agent that this program was started by: the nearest of the processes above this one that is
//! one, and the words that it was started with.

use std::path::Path;

/// How far up an agent is looked for. Between it and a hook stands a shell, now and then two.
const FURTHEST: usize = 6;
/// Programs that may stand between an agent and its hook.
const BETWEEN: [&str; 8] = ["sh", "bash", "dash", "zsh", "ksh", "ash", "env", "timeout"];
/// Programs that run an agent written in JavaScript.
const RUNTIMES: [&str; 3] = ["node", "bun", "deno"];
/// How the file of the agent's program begins, wherever it is installed.
const AGENT: &str = "claude";

/// A process, as far as it matters here.
#[derive(Debug)]
struct Process {
    parent: u32,
    /// The file that it runs, or its name.
    executable: String,
    words: Vec<String>,
}

/// The words with which a running agent was started, without those that name its program.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CommandLine {
    pub(super) words: Vec<String>,
    /// Whether the words are those that were given; otherwise they are split at every blank.
    pub(super) is_exact: bool,
}

/// The command line of the agent that runs this program; `None` where there is none, where it can't be
/// read, or where the agent has overwritten it.
pub(super) fn running_agent() -> Option<CommandLine> {
    let mut id = std::process::id();
    for distance in 0..=FURTHEST {
        let process = look_at(id)?;
        if distance > 0 {
            if let Some(words) = words_of_agent(&process) {
                return Some(CommandLine { words, is_exact: cfg!(target_os = "linux") });
            }
            let program = process.words.first().map(|word| file_name(word.trim_start_matches('-')));
            program.filter(|program| BETWEEN.contains(program))?;
        }
        id = process.parent;
    }
    None
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or_default()
}

fn is_agent(path: &str) -> bool {
    let mut parts = path.rsplit('/');
    let file = parts.next().unwrap_or_default().trim_start_matches('.');
    // The native installer names the file after its version: `claude/versions/2.1.0`.
    file.starts_with(AGENT) || (parts.next() == Some("versions") && parts.next() == Some(AGENT))
}

/// What an agent was started with; `None` if `process` isn't one.
fn words_of_agent(process: &Process) -> Option<Vec<String>> {
    let program = process.words.first()?;
    let is_runtime = |path: &str| RUNTIMES.contains(&file_name(path));
    if is_runtime(&process.executable) || is_runtime(program) {
        // A runtime lets a program put its title in place of its arguments: then there is no script.
        let at = 1 + process.words.get(1..)?.iter().position(|word| !word.starts_with('-'))?;
        let script = process.words.get(at)?;
        let mut folders =
            Path::new(script).components().map(|part| part.as_os_str().to_string_lossy());
        let is_ours = is_agent(script) || folders.any(|folder| folder.starts_with("claude-"));
        return is_ours.then(|| process.words[at + 1..].to_vec());
    }
    (is_agent(program) || is_agent(&process.executable)).then(|| process.words[1..].to_vec())
}

#[cfg(target_os = "linux")]
fn look_at(id: u32) -> Option<Process> {
    use std::io::Read as _;

    /// Linux bounds a command line at 2 MiB unless the stack's limit was raised.
    const LONGEST: u64 = 4 << 20;
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name in parentheses may hold anything, blanks and parentheses too.
    let (_, after) = stat.rsplit_once(')')?;
    let parent = after.split_whitespace().nth(1)?.parse().ok()?;
    let mut line = Vec::new();
    let file = std::fs::File::open(format!("/proc/{id}/cmdline")).ok()?;
    if file.take(LONGEST).read_to_end(&mut line).ok()? as u64 == LONGEST {
        return None;
    }
    let words = line.strip_suffix(b"\0").unwrap_or(&line).split(|byte| *byte == 0);
    let words = words.map(|word| std::str::from_utf8(word).map(str::to_owned));
    let executable = std::fs::read_link(format!("/proc/{id}/exe")).ok();
    Some(Process {
        parent,
        executable: executable.unwrap_or_default().to_string_lossy().into_owned(),
        words: words.collect::<Result<_, _>>().ok()?,
    })
}

#[cfg(target_os = "macos")]
fn look_at(id: u32) -> Option<Process> {
    let column = |name: &str| {
        let mut ps = std::process::Command::new("/bin/ps");
        let out = ps.args(["-ww", "-o", name, "-p", &id.to_string()]).output().ok()?;
        out.status.success().then(|| String::from_utf8(out.stdout).ok())?
    };
    Some(Process {
        parent: column("ppid=")?.trim().parse().ok()?,
        executable: column("ucomm=")?.trim().to_owned(),
        words: column("args=")?.split_whitespace().map(str::to_owned).collect(),
    })
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn look_at(_: u32) -> Option<Process> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(executable: &str, words: &[&str]) -> Option<Vec<String>> {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        words_of_agent(&Process { parent: 1, executable: executable.to_owned(), words })
    }

    #[test]
    fn an_agent_is_known_however_it_was_installed() {
        let given = Some(vec!["-p".to_owned(), "x".to_owned()]);
        let node = "/usr/bin/node";
        assert_eq!(
            words("/home/me/.local/share/claude/versions/2.1.0", &["claude", "-p", "x"]),
            given
        );
        assert_eq!(words("/home/me/.local/share/claude/versions/2.1.0", &["cc", "-p", "x"]), given);
        assert_eq!(
            words("/x/node_modules/@anthropic-ai/y/claude", &["/x/claude", "-p", "x"]),
            given
        );
        assert_eq!(words("/nix/store/x/bin/.claude-wrapped", &["claude", "-p", "x"]), given);
        let script = "/x/@anthropic-ai/claude-code/cli.js";
        assert_eq!(words(node, &["node", "--no-warnings", script, "-p", "x"]), given);
        assert_eq!(words(node, &["node", "/usr/bin/claude", "-p", "x"]), given);
    }

    #[test]
    fn what_is_no_agent_or_hides_its_arguments_is_none() {
        assert_eq!(words("/usr/bin/node", &["claude"]), None);
        assert_eq!(words("/usr/bin/node", &["claude", "", ""]), None);
        assert_eq!(words("/usr/bin/node", &["node", "/x/server.js", "claude"]), None);
        assert_eq!(words("/usr/bin/python3", &["python3", "claude"]), None);
        assert_eq!(words("/usr/bin/bash", &["bash", "-c", "claude"]), None);
        assert_eq!(words("/home/claude/bin/other", &["other"]), None);
        assert_eq!(words("", &[]), None);
    }
}
