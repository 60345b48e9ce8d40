//! The keys of `contextos.toml` and `config.toml`: meaning, default, and which file may set each. The
//! template that `init` writes, the suggestions and `config show` are made from this table.

/// The default budget, in tokens. By hand: a small part of any model's context.
pub(super) const BUDGET: usize = 8000;
/// The default format of a pack.
pub(super) const FORMAT: &str = "md";

/// One key.
#[derive(Debug)]
pub(super) struct Key {
    /// Its name with its table: `pack.budget`.
    pub(super) name: &'static str,
    /// Its default, as `config show` prints it.
    pub(super) default: &'static str,
    /// An example of a value, in TOML.
    pub(super) example: &'static str,
    /// Its meaning, in one line.
    pub(super) meaning: &'static str,
    /// Whether only the user's own file may set it, because it runs commands, sends text somewhere or
    /// shows credentials.
    pub(super) user_only: bool,
}

/// All keys, by table.
pub(super) const ALL: &[Key] = &[
    key("pack.budget", "8000", "8000", "maximum number of tokens of the whole pack"),
    key("pack.format", "\"md\"", "\"md\"", "md, json, xml, or the name of an agent"),
    key("pack.model", "none: o200k_base", "\"gpt-4o\"", "the model whose tokens are counted"),
    key("pack.tests", "by rank", "true", "true: rank tests like source; false: exclude tests"),
    key("pack.source", "true", "true", "whether source files are selected"),
    key("pack.include", "[]", "[]", "globs of paths that may be selected; all, if empty"),
    key("pack.exclude", "[]", "[]", "globs of paths that may not be selected"),
    key("pack.line_numbers", "false", "false", "prefix each line with its number"),
    key("pack.history", "true", "true", "use the commit history"),
    own(key("pack.allow_sensitive", "false", "false", "show credentials as they are")),
    own(key("pack.compress", "none", "\"headroom\"", "headroom, builtin, or cmd:NAME")),
    own(key("headroom.url", "http://127.0.0.1:8787", "\"http://127.0.0.1:8787\"", "the server")),
    own(key("secrets.allow", "[]", "[]", "fingerprints that `contextos secrets` leaves out")),
    own(key("commands", "{}", "{}", "for cmd:NAME: NAME = [\"program\", \"argument\"]")),
];

const fn key(
    name: &'static str,
    default: &'static str,
    example: &'static str,
    meaning: &'static str,
) -> Key {
    Key { name, default, example, meaning, user_only: false }
}

/// `key`, for the user's own file alone.
const fn own(key: Key) -> Key {
    Key { user_only: true, ..key }
}

/// A `contextos.toml` with every key that a repository may set, commented out.
pub(crate) fn template() -> String {
    let mut out = String::from(
        "# Settings of contextos for this repository; all are optional. Settings that run commands, send\n\
         # text somewhere or show credentials belong in your own ~/.config/contextos/config.toml.\n",
    );
    let mut current = "";
    for key in ALL.iter().filter(|key| !key.user_only) {
        let Some((table, name)) = key.name.split_once('.') else { continue };
        if table != current {
            out.push_str(&format!("\n[{table}]\n"));
            current = table;
        }
        out.push_str(&format!("# {name} = {}    # {}\n", key.example, key.meaning));
    }
    out
}

/// The name of the key (without its table) that is most similar to `name`.
pub(super) fn closest(name: &str) -> Option<&'static str> {
    ALL.iter()
        .flat_map(|key| key.name.split('.'))
        .map(|known| (strsim::damerau_levenshtein(known, name), known))
        .filter(|(distance, known)| *distance <= known.len().div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}
