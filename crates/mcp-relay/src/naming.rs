//! Short names of servers, and names of tools behind them: where one client sees several servers, two of
//! them may have a tool of the same name.

use std::collections::HashSet;

/// The longest name of a server in characters; what remains of [`LONGEST_NAME`] is for its tools.
const LONGEST_SERVER: usize = 20;
/// The longest name of a tool that all providers accept.
const LONGEST_NAME: usize = 64;
/// Stands between the name of a server and that of its tool; it is in no name of a server.
const SEPARATOR: &str = "__";
/// Programs that run the package or script in their arguments.
const RUNNERS: [&str; 16] = [
    "npx", "bunx", "pnpx", "pnpm", "yarn", "npm", "bun", "uvx", "uv", "pipx", "node", "deno",
    "python", "python3", "docker", "podman",
];
/// Words of those programs before the package.
const SUBCOMMANDS: [&str; 6] = ["run", "exec", "dlx", "tool", "x", "-m"];
/// Options of those programs whose value is no package.
const VALUED: [&str; 10] = [
    "-e",
    "--env",
    "-v",
    "--volume",
    "--mount",
    "--network",
    "--name",
    "--python",
    "--directory",
    "-w",
];
/// What files and folders of servers are called, whichever server it is.
const GENERIC: [&str; 11] =
    ["index", "main", "server", "mcp", "cli", "dist", "build", "src", "bin", "stdio", "lib"];
/// What the names of packages have besides what they are about.
const AFFIXES: [&str; 2] = ["mcp", "server"];

/// A name for each server, in order: derived from its command, short, of `[a-zA-Z0-9_-]`, and no two
/// the same.
pub(crate) fn server_names(commands: &[Vec<String>]) -> Vec<String> {
    let mut taken = HashSet::new();
    commands
        .iter()
        .map(|command| unique(&server_name(command), LONGEST_SERVER, &mut taken))
        .collect()
}

/// The name of a server that is started with `command`.
fn server_name(command: &[String]) -> String {
    let program = command.first().map(String::as_str).unwrap_or_default();
    let file = program.rsplit(['/', '\\']).next().unwrap_or_default();
    let stem = file.trim_end_matches(".exe").to_ascii_lowercase();
    let package = match RUNNERS.contains(&&*stem) {
        true => package(&command[1..], matches!(&*stem, "docker" | "podman")),
        false => None,
    };
    let name = clean(&short(package.unwrap_or(program)));
    if name.is_empty() { "server".to_owned() } else { name }
}

/// The first argument that names a package, a script or an image.
fn package(arguments: &[String], is_image: bool) -> Option<&str> {
    let mut skip = false;
    arguments.iter().map(String::as_str).find(|argument| {
        if std::mem::take(&mut skip) {
            return false;
        }
        skip = VALUED.contains(argument);
        let is_option = argument.starts_with('-') || SUBCOMMANDS.contains(argument);
        !is_option && (!is_image || argument.contains('/'))
    })
}

/// What the name of a package or the path of a script says of the server.
fn short(name: &str) -> String {
    let parts: Vec<&str> =
        name.split(['/', '\\']).map(bare).filter(|part| !part.is_empty()).collect();
    let telling = parts.iter().rev().find(|part| !GENERIC.contains(part));
    telling.or(parts.last()).map_or_else(String::new, |part| without_affixes(part).to_owned())
}

/// A part of a name without scope, version and extension.
fn bare(part: &str) -> &str {
    let part = part.strip_prefix('@').unwrap_or(part);
    let part = part.split(['@', ':']).next().unwrap_or_default();
    let extensions = [".js", ".mjs", ".cjs", ".ts", ".py", ".exe", ".sh"];
    extensions.iter().find_map(|extension| part.strip_suffix(extension)).unwrap_or(part)
}

fn without_affixes(name: &str) -> &str {
    let joint = ['-', '_'];
    let shorter = AFFIXES.iter().find_map(|affix| {
        let after = name.strip_prefix(affix).and_then(|rest| rest.strip_prefix(joint));
        let before = || name.strip_suffix(affix).and_then(|rest| rest.strip_suffix(joint));
        after.or_else(before).filter(|rest| !rest.is_empty())
    });
    shorter.map_or(name, without_affixes)
}

/// `name` with nothing but letters, digits, `-` and single `_`.
fn clean(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        let c = if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
        if c != '_' || !out.ends_with('_') {
            out.push(c);
        }
    }
    out.trim_matches(['-', '_']).to_owned()
}

/// The name by which a client sees `name` of the server `server`; no other in `taken` is the same.
pub(crate) fn behind(server: &str, name: &str, taken: &mut HashSet<String>) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
    let name: String = name.chars().map(|c| if allowed(c) { c } else { '_' }).collect();
    unique(&format!("{server}{SEPARATOR}{name}"), LONGEST_NAME, taken)
}

/// The server that a name is behind, and the name there, if it is written as [`behind`] writes it.
pub(crate) fn split(name: &str) -> Option<(&str, &str)> {
    name.split_once(SEPARATOR)
}

/// `name` in at most `longest` characters, which are all ASCII, with a number at the end if it is taken.
fn unique(name: &str, longest: usize, taken: &mut HashSet<String>) -> String {
    let mut candidate: String = name.chars().take(longest).collect();
    let mut number = 2;
    while !taken.insert(candidate.clone()) {
        let suffix = format!("-{number}");
        candidate = name.chars().take(longest - suffix.len()).collect::<String>() + &suffix;
        number += 1;
    }
    candidate
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(command: &str) -> String {
        server_name(&command.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn names_say_what_a_server_is_about() {
        for (command, expected) in [
            ("npx -y @modelcontextprotocol/server-filesystem /tmp", "filesystem"),
            ("npx -y @playwright/mcp@latest --headless", "playwright"),
            ("npx --yes @cyanheads/git-mcp-server@2.1.4", "git"),
            ("uvx mcp-server-fetch", "fetch"),
            ("uv run --directory /a/b weather.py", "weather"),
            ("docker run -i --rm -e TOKEN ghcr.io/github/github-mcp-server", "github"),
            ("docker run -v /a/b:/c mcp/sqlite:1.2", "sqlite"),
            ("node /home/me/notes-server/dist/index.js", "notes"),
            ("python3 -m mcp_server_git", "git"),
            ("/usr/local/bin/contextos serve --stdio", "contextos"),
            ("./MyTool.exe", "MyTool"),
            ("npx", "npx"),
            ("/", "server"),
            ("npx -y a..__b", "a_b"),
        ] {
            assert_eq!(name(command), expected, "{command}");
        }
    }

    #[test]
    fn no_two_servers_have_one_name() {
        let commands = vec![vec!["a-server".to_owned()]; 3];
        assert_eq!(server_names(&commands), ["a", "a-2", "a-3"]);
        let long = vec![vec!["x".repeat(60)]; 2];
        assert!(server_names(&long).iter().all(|name| name.len() <= LONGEST_SERVER));
    }

    #[test]
    fn names_of_tools_fit_every_provider() {
        let mut taken = HashSet::new();
        assert_eq!(behind("git", "log", &mut taken), "git__log");
        assert_eq!(behind("git", "a.b/c", &mut taken), "git__a_b_c");
        assert_eq!(behind("git", "a_b_c", &mut taken), "git__a_b_c-2");
        let long = [
            behind("git", &"t".repeat(90), &mut taken),
            behind("git", &"t".repeat(91), &mut taken),
        ];
        assert!(long.iter().all(|name| name.len() == LONGEST_NAME) && long[0] != long[1]);
        assert_eq!(split("git__log__x"), Some(("git", "log__x")));
        assert_eq!(split("log"), None);
    }
}
