//! The command-line reference of a program, from its own `--help`: what clap prints is what the page says.

use std::path::Path;
use std::process::Command;

/// The page: the program's help, and that of every command below it, in the order in which help lists
/// them. `environment` is all that the program gets of one.
///
/// # Panics
/// When the program doesn't run, or `--help` fails.
pub fn cli_reference(program: &Path, environment: &[(&str, &Path)]) -> String {
    let name = program.file_stem().and_then(|name| name.to_str()).expect("a program has a name");
    let mut page = format!(
        "# `{name}` on the command line\n\n\
         What `{name} --help` and the help of every command print. A test writes this page and fails when \
         it is stale: run it with `UPDATE_GOLDEN=1`.\n"
    );
    let mut waiting = vec![Vec::new()];
    while let Some(path) = waiting.pop() {
        let help = help(program, environment, &path);
        let title = [&[name.to_owned()], path.as_slice()].concat().join(" ");
        let level = "#".repeat(path.len().min(2) + 2);
        page.push_str(&format!("\n{level} `{title}`\n\n```text\n{}\n```\n", help.trim_end()));
        let below = commands(&help).into_iter().rev();
        waiting.extend(below.map(|command| [path.as_slice(), &[command]].concat()));
    }
    page
}

fn help(program: &Path, environment: &[(&str, &Path)], path: &[String]) -> String {
    let mut command = Command::new(program);
    command.env_clear().args(path).arg("--help");
    for (name, value) in environment {
        command.env(name, value);
    }
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", output.status);
    let text = String::from_utf8(output.stdout).expect("help is UTF-8");
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    lines.join("\n")
}

/// The commands that a help text lists: the lines of its "Commands:" section that are indented by two
/// blanks. `help` itself has no page.
fn commands(help: &str) -> Vec<String> {
    let section = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    section
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|command| *command != "help")
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_those_of_their_section() {
        let help = "A program\n\nUsage: p\n\nCommands:\n  pack  Makes a pack\n        of files\n  \
                    task  Sets it\n  help  Prints help\n\nOptions:\n  -h  Help\n";
        assert_eq!(commands(help), ["pack", "task"]);
        assert_eq!(commands("Usage: p\n"), Vec::<String>::new());
    }
}
