//! The shell command in a JavaScript program: Codex lets the model write
//! `await tools.exec_command({cmd: "ls -l"})`.

/// Members that hold a command.
const MEMBERS: [&str; 2] = ["cmd", "command"];
/// Longer programs, in bytes, aren't looked at.
const LONGEST: usize = 1 << 16;

/// The command in `program`; `None` where there is none, or are several, so that the output is of all.
pub(super) fn command(program: &str) -> Option<String> {
    if program.len() > LONGEST {
        return None;
    }
    let mut found: Vec<(usize, String)> = Vec::new();
    for member in MEMBERS {
        for (at, _) in program.match_indices(member) {
            let rest = &program[at + member.len()..];
            let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.');
            if !program[..at].ends_with(is_name)
                && let Some(command) = value(rest)
            {
                found.push((at, command));
            }
        }
    }
    match &mut found[..] {
        [(_, command)] => Some(std::mem::take(command)),
        _ => None,
    }
}

/// What stands behind the colon after a member's name: a string, or the last one of a list, which is
/// what the shell before it is to run.
fn value(rest: &str) -> Option<String> {
    let rest = rest.strip_prefix(['"', '\'']).unwrap_or(rest).trim_start();
    let mut rest = rest.strip_prefix(':')?.trim_start();
    let Some(list) = rest.strip_prefix('[') else { return Some(literal(rest)?.0) };
    let mut words = Vec::new();
    rest = list.trim_start();
    while let Some((word, after)) = literal(rest) {
        words.push(word);
        rest = after.trim_start().strip_prefix(',').unwrap_or(after).trim_start();
    }
    match &words[..] {
        [] => None,
        [_, flag, script] if flag.starts_with('-') => Some(script.clone()),
        words => Some(words.join(" ")),
    }
}

/// The string literal at the beginning of `rest`, and what follows it.
fn literal(rest: &str) -> Option<(String, &str)> {
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let mut out = String::new();
    let mut signs = rest.char_indices().skip(1);
    while let Some((at, sign)) = signs.next() {
        match sign {
            _ if sign == quote => return Some((out, &rest[at + 1..])),
            '\\' => out.push(match signs.next()?.1 {
                'n' => '\n',
                't' => '\t',
                other => other,
            }),
            '\n' if quote != '`' => return None,
            _ => out.push(sign),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_command_is_found() {
        for (program, expected) in [
            ("tools.exec_command({cmd: \"ls \\\"a b\\\"\"})", Some("ls \"a b\"")),
            ("x({'cmd' : 'ls\\n-l'})", Some("ls\n-l")),
            ("x({command: [\"git\", \"log\"]})", Some("git log")),
            ("x({cmd: `cat ‘é’`})", Some("cat ‘é’")),
            ("x({cmd: 'ls'}); y({cmd: 'cat a'})", None),
            ("x({cmd})", None),
            ("x.cmd = 'ls'", None),
            ("x({subcmd: 'ls'})", None),
            ("x({cmd: 'ls", None),
            ("x({cmd: [", None),
            ("é", None),
        ] {
            assert_eq!(command(program).as_deref(), expected, "{program}");
        }
    }
}
