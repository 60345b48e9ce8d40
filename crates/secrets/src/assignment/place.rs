//! What stands before a name, which decides in which notations its value may follow.

use std::ops::Range;

use super::LONGEST_NAME;
use crate::byte_set::ByteSet;
use crate::parts::range_of;

/// White space, and marks that may stand around the word before a name: characters up to U+00FF.
const AROUND_WORDS: ByteSet = ByteSet::of(b" \t\n\r\x0b\x0c\x85\xa0-#/;\"'*!%$");

/// The bytes before a name that are looked at.
const LOOKED_AT: usize = 2 * LONGEST_NAME;

/// The context of a name. Each question is answered when it is asked, since most names are followed by no
/// value at all.
pub(super) struct Place<'t> {
    /// What stands before the name, as far as it is looked at, and the part of it on the same line.
    before: &'t str,
    line: &'t str,
    /// Whether the line's beginning is among it.
    is_whole_line: bool,
    /// The name.
    written: &'t str,
    /// Where `before` begins.
    floor: usize,
}

/// Functions that take a name and its value behind other arguments.
const NAMING_FUNCTIONS: &[&str] = &[
    "resValue",
    "buildConfigField",
    "addHeader",
    "setProperty",
    "setattr",
    "setAttribute",
    "set_option",
    "setOption",
];
const QUOTES: [char; 3] = ['"', '\'', '`'];
const SIGNS: [char; 7] = ['!', '@', '#', '$', '^', '?', '~'];

impl<'t> Place<'t> {
    pub(super) fn new(text: &'t str, name: Range<usize>) -> Self {
        let floor = text.floor_char_boundary(name.start.saturating_sub(LOOKED_AT));
        let before = &text[floor..name.start];
        let line = &before[memchr::memrchr(b'\n', before.as_bytes()).map_or(0, |at| at + 1)..];
        let is_whole_line = line.len() < before.len() || floor == 0;
        Self { before, line, is_whole_line, written: &text[name], floor }
    }

    /// The word before the name on its line, if there is nothing else but marks.
    fn word(&self) -> &'t str {
        self.line.trim_matches(|c: char| {
            u8::try_from(c).map_or(c.is_whitespace(), |byte| AROUND_WORDS.contains(byte))
        })
    }

    fn last_word(&self) -> &'t str {
        &self.line[memchr::memrchr2(b' ', b'\t', self.line.as_bytes()).map_or(0, |at| at + 1)..]
    }

    /// Without the quote that the name stands in.
    fn unquoted(&self) -> &'t str {
        self.before.trim_end_matches(QUOTES)
    }

    /// After `#define`, which gives names to other names, too.
    pub(super) fn defines_macro(&self) -> bool {
        self.word() == "define"
    }

    /// At the beginning of a line, after indentation, a list's dash, a comment's mark or `export`.
    pub(super) fn begins_line(&self) -> bool {
        // Some languages write no blank between the words of a name: `数据库密码`.
        let is_unspaced = || self.word().chars().all(|c| c.is_alphabetic() && c > '\u{2e7f}');
        self.is_whole_line
            && (matches!(
                self.word(),
                "" | "export"
                    | "set"
                    | "ENV"
                    | "ARG"
                    | "setx"
                    | "SET"
                    | "REM"
                    | "rem"
                    | "<!--"
                    | "@"
                    | "local"
                    | "declare"
                    | "readonly"
                    | "my"
                    | "our"
                    | "+"
                    // A symbol of Ruby as a key of YAML.
                    | ":"
                    // A list of what is done, and a parameter of Symfony.
                    | "[x]" | "[X]" | "[ ]" | "env("
                    // Blocks of Jira's markup.
                    | "{noformat}" | "{code}"
            ) || self.is_namespaced()
                || self.is_shown()
                || is_unspaced())
    }

    /// Behind what shows lines puts before them: a search its file and line, a log the time, JSON the quote of a string.
    fn is_shown(&self) -> bool {
        let before = self.line.trim_end();
        let is_of_time = |c: char| c.is_ascii_digit() || "TZ:.+- ".contains(c);
        let is_time = before.len() >= 10 && before.chars().all(is_of_time);
        let is_found = || {
            let place = before.strip_suffix(':').and_then(|before| before.rsplit_once(':'));
            place.is_some_and(|(file, line)| {
                !file.contains([' ', '"', '\'', '=', '(']) && line.parse::<u32>().is_ok()
            })
        };
        let is_string = || {
            let before = before.strip_suffix(QUOTES).unwrap_or_default().trim_end();
            self.before.ends_with([' ', '\t', '"', '\''])
                && before.ends_with([':', ',', '(', '[', '='])
        };
        is_time || is_found() || is_string()
    }

    /// Behind a pair of names and values that are listed in the other order: the value of an attribute, a member or a column that
    /// stands before the name, in the text before the name.
    pub(super) fn value_before(&self) -> Option<Range<usize>> {
        let before = self.unquoted().trim_end();
        let before = before.strip_suffix([':', '='])?.trim_end().trim_end_matches(QUOTES);
        let is_naming = ["name", "key", "Name", "Key"].iter().any(|word| before.ends_with(word));
        let (head, rest) = before.rsplit_once("value").filter(|_| is_naming)?;
        // `value="…"`, `"value": "…"`, and `SET value = '…' WHERE name = ` of SQL
        let is_statement = || rest.to_ascii_lowercase().contains(" where ");
        let value = rest.strip_prefix('=').or_else(|| {
            let assigned = || rest.strip_prefix(" = ").filter(|_| is_statement());
            let member = rest.strip_prefix(QUOTES).and_then(|rest| rest.strip_prefix(':'));
            member.map(|value| value.trim_start_matches(' ')).or_else(assigned)
        })?;
        let quote = value.chars().next().filter(|c| QUOTES.contains(c))?;
        let (value, between) = value[1..].split_once(quote)?;
        // A member of JSON may be on the line before.
        let is_next = || between.trim_start_matches(QUOTES).starts_with(",\n");
        let is_apart = between.len() <= 60
            && !between.contains(['<', '>', '{', '}'])
            && (!between.contains('\n') || is_next());
        (is_apart && !head.is_empty() && !value.is_empty()).then(|| range_of(self.before, value))
    }

    /// The word that a sentence says to be what is named: `… is the root password`.
    pub(super) fn word_said_before(&self) -> Option<Range<usize>> {
        const MOST_WORDS: usize = 4;
        let of = [" is the ", " is our ", " is my "];
        let (head, words) = of.into_iter().find_map(|is| self.line.rsplit_once(is))?;
        let are_words = words.split(' ').take(MOST_WORDS + 1).enumerate().all(|(index, word)| {
            index < MOST_WORDS && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        });
        let word = head.rsplit([' ', '\t']).next()?.trim_matches(QUOTES);
        (are_words && !word.is_empty()).then(|| range_of(self.before, word))
    }

    /// The quoted value that a sentence names before it says what it is: ``use `…` as the staging API key``.
    pub(super) fn value_said_before(&self) -> Option<Range<usize>> {
        const MOST_WORDS: usize = 5;
        let (head, words) = self.line.rsplit_once(" as ")?;
        let are_words = words
            .split(' ')
            .all(|word| word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
        let quote = head.chars().next_back().filter(|c| QUOTES.contains(c))?;
        let (_, value) = head[..head.len() - 1].rsplit_once(quote)?;
        let is_said = are_words && words.split(' ').count() <= MOST_WORDS && !value.contains(' ');
        is_said.then(|| range_of(self.before, value)).filter(|range| !range.is_empty())
    }

    /// The last literal before the comment that the name is in, or the last word before it, in the text before the name. What is
    /// in the comment must be words.
    pub(super) fn value_before_comment(&self) -> Option<Range<usize>> {
        const MARKS: ByteSet = ByteSet::of(b"/#;-");
        // Before most names, there is none.
        MARKS.find(self.line)?;
        let (code, comment) = [" //", " # ", " ; ", " -- ", " /*", "\t//", "\t#"]
            .iter()
            .filter_map(|mark| self.line.rsplit_once(mark))
            .max_by_key(|(code, _)| code.len())?;
        let is_word = |c: char| c.is_alphabetic() || " '-_./".contains(c);
        let code = code.trim_end().trim_end_matches([')', ';', ',', ']', '}', ' ']);
        if code.is_empty() || !comment.chars().all(is_word) {
            return None;
        }
        let quote = code.chars().next_back().filter(|c| QUOTES.contains(c));
        let value = match quote {
            Some(quote) => code[..code.len() - 1].rsplit_once(quote)?.1,
            // A word of a program has no such signs.
            None => code.rsplit([' ', '\t']).next().filter(|word| word.contains(SIGNS))?,
        };
        (!value.is_empty()).then(|| range_of(self.before, value))
    }

    /// Where `before` begins in the text.
    pub(super) fn floor(&self) -> usize {
        self.floor
    }

    /// In a list of values of an SQL statement, in quotes.
    pub(super) fn in_values(&self) -> bool {
        let is_listed = self.unquoted().trim_end().ends_with([',', '(']);
        is_listed && ["VALUES", "values"].iter().any(|word| self.line.contains(word))
    }

    /// Behind a namespace, as in Pulumi's configuration and Puppet's: `app:adminPassword: …`, `profile::app::password: …`.
    fn is_namespaced(&self) -> bool {
        let is_of_name = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == ':';
        self.line
            .trim_start()
            .strip_suffix(':')
            .is_some_and(|space| !space.is_empty() && space.chars().all(is_of_name))
    }

    /// Compared with what follows: `strcmp(password, "…")`.
    pub(super) fn compared(&self) -> bool {
        const FUNCTIONS: &[&str] = &[
            "strcmp(",
            "strncmp(",
            "strcasecmp(",
            "hash_equals(",
            "compare_digest(",
            "secure_compare(",
            "timingSafeEqual(",
            "ConstantTimeCompare(",
            "StringUtils.equals(",
            "Objects.equals(",
            "assertEquals(",
            "assert_eq!(",
        ];
        FUNCTIONS.iter().any(|function| self.before.ends_with(function))
    }

    /// In a connection string or a query: `;Password=`, `&token=`, `?key=`; in an option's value:
    /// `--from-literal=password=…`, `Environment=PASSWORD=…`.
    pub(super) fn in_list(&self) -> bool {
        let last_word = self.last_word();
        let is_option = last_word.strip_suffix('=').is_some_and(|option| {
            !option.is_empty()
                && option
                    .trim_matches('-')
                    .bytes()
                    .all(|b| b.is_ascii_alphabetic() || matches!(b, b'-' | b'_'))
        });
        self.before.ends_with([';', '&', '?', '"', '\'', '#'])
            || self.before.ends_with("; ")
            || self.before.ends_with("&amp;")
            || is_option
            // A process's variables, as they are printed.
            || self.before.ends_with("^@")
            // What ends an entry or a line, as it is written in a string.
            || self.before.ends_with('\\')
                && ["x00", "u0000", "n", "0"].iter().any(|end| self.written.starts_with(end))
            || last_word.ends_with("/p:")
    }

    /// After `ENV` or `ARG` of a Dockerfile, `setx` or `setenv`.
    pub(super) fn directive(&self) -> bool {
        matches!(self.word(), "ENV" | "ARG" | "setx" | "setenv")
    }

    /// As the first argument of a call or the first element of a list: `setenv("PASSWORD", …)`.
    pub(super) fn argument(&self) -> bool {
        self.before.ends_with(QUOTES)
            && self
                .unquoted()
                .trim_end_matches([' ', '\t', '@', 'L', 'b', 'u', 'r'])
                .ends_with(['(', '[', '{'])
    }

    /// In a connection string, behind a semicolon.
    pub(super) fn behind_semicolon(&self) -> bool {
        self.before.ends_with(';') && self.line.matches('=').count() >= 2
    }

    /// As the first argument of a fact of Prolog, at the beginning of a line: `setting(password, …`.
    pub(super) fn begins_fact(&self) -> bool {
        let functor = self.line.strip_suffix('(');
        self.is_whole_line
            && functor.is_some_and(|functor| {
                functor.starts_with(|c: char| c.is_ascii_lowercase())
                    && functor.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            })
    }

    /// As a later argument of a call that declares a value: `resValue "string", "api_key", …`.
    pub(super) fn named_argument(&self) -> bool {
        NAMING_FUNCTIONS.iter().any(|function| self.line.contains(function))
    }

    /// As what is set by name, without quotes: `set :password, "…"`, `Set($Password, "…")`, `env.put(Context.CREDENTIALS, "…")`.
    pub(super) fn is_set(&self) -> bool {
        self.before.ends_with("set :")
            || self.before.ends_with("define(")
            || self.before.ends_with("Set($")
            || is_constant(self.written) && self.line.trim_end().ends_with(".put(")
    }

    /// In the row of a dump whose first column is a number: `(214,'mail_password',`.
    pub(super) fn in_numbered_row(&self) -> bool {
        let number = self.line.trim_start().strip_prefix('(');
        let number = number.and_then(|row| row.trim_end_matches(QUOTES).strip_suffix(','));
        number.is_some_and(|number| {
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        })
    }

    /// As a cell of a row of CSV that is written like an environment variable.
    pub(super) fn in_csv(&self) -> bool {
        self.environment_like()
            && self.line.ends_with(',')
            && !self.line.contains([' ', '(', '[', '{', '='])
    }

    /// In brackets behind a word: `key (secret)`.
    pub(super) fn in_brackets(&self) -> bool {
        const OF_PROGRAMS: &[&str] =
            &["if", "while", "elif", "switch", "for", "return", "not", "and", "or"];
        let word = self.before.strip_suffix(" (").and_then(|before| before.split(' ').next_back());
        word.is_some_and(|word| {
            word.ends_with(char::is_alphabetic) && !OF_PROGRAMS.contains(&word.trim_start())
        })
    }

    /// In the call by which Symfony reads a variable: `env(APP_SECRET)`.
    pub(super) fn in_call_of_env(&self) -> bool {
        self.line.ends_with("env(") && self.line.trim_start() == "env("
    }

    /// The name is written in words: `api key`.
    pub(super) fn is_spoken(&self) -> bool {
        self.written.contains(' ')
    }

    /// The word before the bracket in which the name stands: `… (password)`.
    pub(super) fn value_before_bracket(&self) -> Option<Range<usize>> {
        let before = self.line.trim_end_matches(' ').strip_suffix('(')?;
        let word = before.strip_suffix(' ')?.trim_end().rsplit([' ', '\t']).next()?;
        let word = word.trim_matches(QUOTES);
        (!word.is_empty()).then(|| range_of(self.before, word))
    }

    /// In the whole value of an option that is quoted: `-F 'password=…'`, `-var "db_password=…"`.
    pub(super) fn quoted_option(&self) -> Option<char> {
        #[rustfmt::skip]
        const OPTIONS: &[&str] = &[
            "-F", "--form", "--form-string", "-var", "-e", "--env", "--build-arg", "--set-string", "--from-literal",
        ];
        let quote = self.before.chars().next_back().filter(|c| matches!(c, '\'' | '"'))?;
        let before = self.before[..self.before.len() - 1].trim_end_matches([' ', '=']);
        let option = before.rsplit([' ', '\n']).next()?;
        OPTIONS.contains(&option).then_some(quote)
    }

    /// As the name of a later pair of a list of names and values: `("user", "app", "password", `.
    pub(super) fn is_listed(&self) -> bool {
        let before = self.unquoted();
        let list = before.rsplit(['(', '[', '{', '\n']).next().unwrap_or_default();
        let is_quoted = before.len() < self.before.len();
        let elements = list.matches(',').count();
        is_quoted && list.trim_end().ends_with(',') && elements >= 2 && elements.is_multiple_of(2)
    }

    /// The delimiter of an editor's command that puts something in place of the name: `s/__PASSWORD__/`.
    pub(super) fn substituted_by(&self) -> Option<char> {
        let command = self.before.trim_end_matches(['_', '%', '@', '{', '$']);
        let delimiter =
            command.chars().next_back().filter(|c| matches!(c, '/' | '|' | '#' | ','))?;
        let command = command[..command.len() - delimiter.len_utf8()].strip_suffix('s')?;
        command.ends_with([' ', '\'', '"', ';', '{']).then_some(delimiter)
    }

    /// The delimiter of an editor's command that writes the name's line anew: `s|^DB_PASS=.*|DB_PASS=…|`.
    pub(super) fn replaced_by(&self) -> Option<char> {
        let delimiter = self.line.chars().next_back();
        let delimiter = delimiter.filter(|c| matches!(c, '/' | '|' | '#' | ',' | '~' | '@'))?;
        let command = &self.line[..self.line.len() - delimiter.len_utf8()];
        let (command, _) = command.rsplit_once(delimiter)?;
        let before = command.strip_suffix('s')?;
        before.ends_with([' ', '\'', '"', ';', '{']).then_some(delimiter)
    }

    /// The name of a resource of Terraform's: `resource "aws_ssm_parameter" "db_password" {`.
    pub(super) fn is_resource(&self) -> bool {
        self.before.ends_with('"')
            && self
                .line
                .trim_start_matches([' ', '\t', '+', '-', '~', '/'])
                .starts_with("resource \"")
    }

    /// As a whole cell of a row, a name of several words: `42;api_token;`.
    pub(super) fn is_cell(&self, separator: char) -> bool {
        let begins = self.line.ends_with(separator) || self.line.is_empty() && self.is_whole_line;
        begins && self.written.trim_matches('_').contains(['_', '-'])
    }

    /// As the first element of a tuple, without quotes: `{password, …}` of Erlang.
    pub(super) fn tuple(&self) -> bool {
        self.before.trim_end_matches(' ').ends_with('{')
    }

    /// As an index that is dumped with its value: `[password] => …` of PHP.
    pub(super) fn index(&self) -> bool {
        self.before.ends_with('[')
    }

    /// How many names are before it on its line, if that has nothing else: `user, password = …`.
    pub(super) fn names_before(&self) -> Option<usize> {
        let names = self.line.trim_start().trim_end_matches(['$', '@', '*', '&']);
        let is_of_names = |c: char| c.is_alphanumeric() || "_$@, \t([".contains(c);
        let is_list = names.trim_end().ends_with([',', '(', '[']) || names.trim_end().is_empty();
        let is_declared = matches!(names.trim_end(), "let" | "var" | "const" | "local" | "my");
        let is_whole = self.is_whole_line && names.chars().all(is_of_names);
        (is_whole && (is_list || is_declared)).then(|| names.matches(',').count())
    }

    /// In the head of a part of a form: `Content-Disposition: form-data; name="password"`.
    pub(super) fn names_form_part(&self) -> bool {
        self.line.contains("form-data") && self.unquoted().ends_with("name=")
    }

    /// As a command-line option, with `--`.
    pub(super) fn flag(&self) -> bool {
        self.before.ends_with("--")
            || self.behind_slash()
            || self.written.starts_with("--")
            || self.written.starts_with("-D")
    }

    /// As an option of a command of Windows: `/password:…`.
    pub(super) fn behind_slash(&self) -> bool {
        self.before.ends_with(" /")
    }

    /// In braces on its line, as a key of YAML's: `{user: app, password: …`.
    pub(super) fn in_flow(&self) -> bool {
        let is_next = self.line.trim_end_matches(' ').ends_with(['{', ',']);
        is_next && self.line.rfind('{') > self.line.rfind('}')
    }

    /// Behind up to three words and nothing else on its line: `ftp password = …`, `root@host's password: …`.
    pub(super) fn after_words(&self) -> bool {
        #[rustfmt::skip]
        const OF_PROGRAMS: &[&str] = &[
            "if", "let", "var", "const", "return", "static", "private", "public", "final", "val", "def", "fn", "func",
            "string", "String", "int", "char", "type", "new", "while", "and", "or", "not", "when", "for", "in", "this",
            "self", "else", "elif", "case", "select", "where", "protected", "internal", "auto", "import", "from",
        ];
        let is_word = |word: &str| {
            word.bytes().all(|byte| byte.is_ascii_alphabetic()) && !OF_PROGRAMS.contains(&word)
        };
        let line = self.line.strip_suffix(' ').filter(|_| self.is_whole_line);
        line.is_some_and(|line| {
            // In a string, as logs have lines.
            let words = line.rsplit('"').next().unwrap_or(line).trim_start();
            !words.is_empty() && words.split(' ').count() <= 3 && words.split(' ').all(is_word)
                || words.ends_with("'s") && !words.contains(['"', '(', '='])
        })
    }

    /// A variable that Robot Framework sets: `${PASSWORD}    …`.
    pub(super) fn robot_variable(&self) -> bool {
        self.line == "${"
    }

    /// As an XML element, perhaps with a namespace.
    pub(super) fn tag(&self) -> bool {
        self.last_word().starts_with('<')
    }

    /// As the value of an XML attribute: `<add key="Password" …`, or in an element `key` or `name`.
    pub(super) fn attribute(&self) -> bool {
        (self.before.ends_with(QUOTES) && self.unquoted().ends_with('=') && self.line.contains('<'))
            || self.is_attribute_of_its_own_line()
            || self.before.ends_with("key>")
            || self.before.ends_with("name>")
            || self.before.ends_with("name\">")
            || (self.line.contains("<name>") && !self.line.contains("</name>"))
    }

    /// As the value of an attribute that has a line of its own: `key = "PASSWORD"`.
    fn is_attribute_of_its_own_line(&self) -> bool {
        // A parameter may have a path: `name = "/shop/prod/db_password"`.
        let is_of_path = |c: char| c.is_ascii_alphanumeric() || "/_.-".contains(c);
        let before = match self.before.ends_with('/') {
            true => self.before.trim_end_matches(is_of_path),
            false => self.before,
        };
        let attribute = before.trim_end_matches(QUOTES).trim_end_matches(' ');
        let attribute = attribute.strip_suffix('=').map(str::trim_end);
        before.ends_with('"')
            && attribute.is_some_and(|before| {
                let line = before.rsplit('\n').next().unwrap_or(before);
                let name = line.trim_start();
                line.len() < before.len() && matches!(name, "key" | "name" | "android:name")
            })
    }

    /// As a whole word in capitals, like an environment variable.
    pub(super) fn environment(&self) -> bool {
        let is_of_terraform = || self.written.starts_with("TF_VAR_");
        self.last_word().is_empty() && (self.environment_like() || is_of_terraform())
    }

    /// Written like an environment variable.
    pub(super) fn environment_like(&self) -> bool {
        !self.written.bytes().any(|byte| byte.is_ascii_lowercase())
    }

    /// A pair stands before it, with a blank between: `host=db user=app password=`.
    pub(super) fn pairs(&self) -> bool {
        self.last_word().is_empty()
            && self.line.split_ascii_whitespace().next_back().is_some_and(is_pair)
    }

    /// Nothing that is a part of a name's path or an expression stands right before it.
    pub(super) fn apart(&self) -> bool {
        self.line.ends_with([' ', '\t', '(', ',', '[', '{'])
    }

    /// At the beginning of a word or behind a symbol's colon, where Lisps and Ruby have keys: `:password`,
    /// `:db/password`.
    pub(super) fn apart_or_symbol(&self) -> bool {
        let is_qualified = || {
            let space = self.last_word().trim_start_matches(['{', '[', '(']);
            space.starts_with(':') && space.ends_with('/')
        };
        self.before.ends_with(':') || self.apart() || self.begins_line() || is_qualified()
    }

    /// In a selector: `#password`, `input[name=password]`.
    pub(super) fn selector(&self) -> bool {
        self.before.ends_with(['#', '='])
            || (self.before.ends_with(['"', '\'']) && self.unquoted().ends_with('='))
    }

    /// Behind the colons that begin a hotstring of AutoHotkey: `::word::`, `:*:word::`.
    pub(super) fn begins_hotstring(&self) -> bool {
        self.is_whole_line
            && self
                .line
                .strip_suffix("::")
                .is_some_and(|before| before.starts_with(':') || before.is_empty())
    }

    /// The name is that of a phrase.
    pub(super) fn is_phrase(&self) -> bool {
        self.written.to_ascii_lowercase().contains("phrase")
    }

    /// As a macro of TeX: `\apikey`.
    pub(super) fn macro_name(&self) -> bool {
        self.before.ends_with('\\')
    }

    /// In a variable's expansion: `${PASSWORD:-…}`.
    pub(super) fn expansion(&self) -> bool {
        ["${", "${env:", "${env.", "${opt:", "${param:"]
            .iter()
            .any(|opening| self.before.ends_with(opening))
    }

    /// In a comment or in prose, as far as the line before it says.
    pub(super) fn prose(&self) -> bool {
        self.line.is_empty()
            || self.line.ends_with([' ', '\t', '*', '(', '`', '"', '/'])
            || self.line.ends_with("{{")
            || self.comment()
    }

    /// In a comment.
    pub(super) fn comment(&self) -> bool {
        is_comment(self.line)
    }

    /// Between the bars of a table's row.
    pub(super) fn row(&self) -> bool {
        let is_cell = || {
            let number = self.line.trim().strip_suffix('|').map(str::trim);
            number.is_some_and(|number| number.parse::<u64>().is_ok())
        };
        self.line.trim_start().starts_with('|') || self.before.ends_with("| ") && is_cell()
    }

    /// The name says that an application's password is meant.
    pub(super) fn is_of_application(&self) -> bool {
        self.written.to_ascii_lowercase().contains("app")
    }

    /// The declared name of a variable: `variable "db_password" {`.
    pub(super) fn declared(&self) -> bool {
        self.before.ends_with(QUOTES)
            && ["variable", "parameter", "param", "output", "input"]
                .iter()
                .any(|keyword| self.unquoted().trim_end().ends_with(keyword))
    }
}

/// Whether a name, without what it is a member of, is in capitals: `Context.SECURITY_CREDENTIALS`.
fn is_constant(name: &str) -> bool {
    let last = name.rsplit('.').next().unwrap_or(name);
    !last.bytes().any(|byte| byte.is_ascii_lowercase())
}

fn is_comment(line: &str) -> bool {
    let line = line.trim_start();
    ["#", "//", "--", "/*", "*", "<!--", ";", "%", "REM ", "rem "]
        .iter()
        .any(|mark| line.starts_with(mark))
        || memchr::memchr2_iter(b'#', b'/', line.as_bytes()).any(|at| {
            line[..at].ends_with(' ')
                && [" # ", " // "].iter().any(|mark| line[at - 1..].starts_with(mark))
        })
}

/// Whether a word is a name with its value, and no piece of a program.
fn is_pair(word: &str) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
    };
    let word = word.trim_start_matches(['"', '\'']);
    word.split_once('=').is_some_and(|(name, value)| {
        is_name(name) && !value.is_empty() && !value.contains(['(', ')', '{', '}', ',', '"', '='])
    })
}
