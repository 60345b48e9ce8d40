//! Agents that don't use an API's tools: the model writes what is to be run into its text, and the
//! client answers with a message of the user's that has the output in a frame. Such a message is read
//! as the result of a call.

use std::borrow::Cow;

use json_index::Value;

use crate::request::{Block, Call, Input, Request, Role, ToolResult};
use crate::splice::quote;

/// How outputs begin: mini-SWE-agent's, SWE-agent's, those of OpenHands without function calls, and
/// those of agents that write their calls in XML.
const HEADS: [&str; 8] = [
    "<returncode>",
    "<output>",
    "Observation:",
    "OBSERVATION:",
    "EXECUTION RESULT of [",
    "<function_results>",
    "<tool_response>",
    "<tool_result>",
];
/// How SWE-agent's outputs end.
const TAIL: &str = "bash-$";
/// How the first line of Cline's and Roo Code's outputs ends, which begins with a bracket.
const RESULT: &str = "] Result:";
/// The longest such line, in bytes.
const LONGEST_LINE: usize = 400;
/// What a call of such an agent is called if nothing else names it.
const SHELL: &str = "shell";
/// What a model puts around a command for a shell, in the order in which they are looked for.
const COMMANDS: [(&str, &str); 2] =
    [("<execute_bash>", "</execute_bash>"), ("<command>", "</command>")];
/// What it puts around the name of a file that is to be read.
const PATH: (&str, &str) = ("<path>", "</path>");
/// How a call begins that names its tool and parameters, and a parameter of it.
const FUNCTION: &str = "<function=";
const PARAMETER: (&str, &str) = ("<parameter=", "</parameter>");
/// The most parameters of a call that are read.
const MOST_PARAMETERS: usize = 16;
/// The line around a block of code.
const FENCE: &str = "```";

/// Reads the outputs among the user's messages of a request without tools as results of calls.
pub(crate) fn read_results(request: &mut Request<'_>) {
    if !request.tools.is_empty() {
        return;
    }
    let mut said = None;
    for at in 0..request.blocks.len() {
        let block = &request.blocks[at];
        match block.role {
            Role::Assistant => said = Some(at),
            Role::User if block.texts.len() == 1 && is_framed(block.texts[0]) => {
                let Some(said) = said else { continue };
                let call = call(&request.blocks[said]);
                // The result of a call is the first one after it.
                if request.blocks[said].calls.is_empty() {
                    request.blocks[said].calls.extend(call.clone());
                }
                let block = &mut request.blocks[at];
                block.role = Role::Tool;
                block.tool_result = Some(ToolResult { id: None, call, is_error: false });
            }
            _ => {}
        }
    }
}

/// Whether a string of a body is an output in a frame. What tells has no characters that are escaped.
fn is_framed(text: Value<'_>) -> bool {
    let raw = String::from_utf8_lossy(text.raw());
    let inner = raw.trim_matches('"');
    let end = inner.trim_end_matches(['\n', ' ']);
    let end = end.strip_suffix("\\n").unwrap_or(end);
    HEADS.iter().any(|head| inner.starts_with(head))
        || end.ends_with(TAIL)
        || (inner.starts_with('[') && first_line(inner).ends_with(RESULT))
}

fn first_line(inner: &str) -> &str {
    let end = inner.floor_char_boundary(LONGEST_LINE);
    inner[..end].split("\\n").next().unwrap_or_default().trim_end()
}

/// What the model asked for in the text of a block.
fn call<'t>(block: &Block<'t>) -> Option<Call<'t>> {
    let texts = block.texts.iter().filter_map(|text| text.text());
    let text = texts.collect::<Vec<_>>().join("\n");
    let (name, arguments) = named(&text)
        .or_else(|| {
            let command = COMMANDS.iter().find_map(|tags| between(&text, *tags));
            let command = command.or_else(|| fenced(&text))?;
            Some((SHELL.to_owned(), object(&[("command", command)])))
        })
        .or_else(|| {
            let path = between(&text, PATH)?;
            Some(("read_file".to_owned(), object(&[("path", path)])))
        })?;
    let id = Cow::Borrowed("");
    Some(Call { id, name: name.into(), input: Input::Read(arguments) })
}

/// A call that names its tool and its parameters.
fn named(text: &str) -> Option<(String, String)> {
    let (_, rest) = text.rsplit_once(FUNCTION)?;
    let (name, mut rest) = rest.split_once('>')?;
    let mut parameters = Vec::new();
    while let Some((_, inner)) =
        rest.split_once(PARAMETER.0).filter(|_| parameters.len() < MOST_PARAMETERS)
    {
        let (key, inner) = inner.split_once('>')?;
        let (value, after) = inner.split_once(PARAMETER.1)?;
        parameters.push((key, value.trim_matches('\n')));
        rest = after;
    }
    Some((name.to_owned(), object(&parameters)))
}

/// What is between the last opening tag and the closing one behind it.
fn between<'t>(text: &'t str, (open, close): (&str, &str)) -> Option<&'t str> {
    let (_, rest) = text.rsplit_once(open)?;
    let (inner, _) = rest.split_once(close)?;
    Some(inner.trim_matches('\n'))
}

/// The last block of code, without its fences.
fn fenced(text: &str) -> Option<&str> {
    let (before, _) = text.rsplit_once(FENCE)?;
    let (_, block) = before.rsplit_once(FENCE)?;
    let (_, code) = block.split_once('\n')?;
    Some(code.trim_end())
}

/// A JSON object with strings.
fn object(members: &[(&str, &str)]) -> String {
    let member = |(key, value): &(&str, &str)| [quote(key), quote(value)].join(&b':');
    let members: Vec<Vec<u8>> = members.iter().map(member).collect();
    format!("{{{}}}", String::from_utf8_lossy(&members.join(&b',')))
}

#[cfg(test)]
mod tests {
    use json_index::scan;
    use serde_json::{Value as Json, json};

    use crate::request::{Role, read};
    use crate::tool_call::hint;
    use crate::{CHAT, MESSAGES};

    /// The roles of the blocks, and what is said of the call of each result.
    fn of(messages: &Json) -> Vec<(Role, Option<String>)> {
        let body = json!({"messages": messages}).to_string();
        let index = scan(body.as_bytes()).unwrap();
        let results = [MESSAGES, CHAT].map(|api| {
            let request = read(api, &index).unwrap();
            let of = |block: &crate::request::Block<'_>| {
                let call = block.tool_result.as_ref().and_then(|result| result.call.as_ref());
                (block.role, call.and_then(hint))
            };
            request.blocks.iter().map(of).collect::<Vec<_>>()
        });
        assert_eq!(results[0], results[1]);
        let [first, _] = results;
        first
    }

    #[test]
    fn outputs_in_frames_are_results_of_what_the_model_wrote() {
        for (said, output, hint) in [
            (
                "THOUGHT\n```bash\nls -l\n```\n",
                "<returncode>0</returncode>\n<output>\na</output>",
                Some("ls -l"),
            ),
            (
                "```mswea_bash_command\ncat <<'E' > a\nx\nE\n```",
                "<output>\n</output>",
                Some("cat <<'E' > a\nx\nE"),
            ),
            (
                "I look\n```\nopen a.py 3\n```",
                "[File: a.py]\n(Open file: /a.py)\n(Current directory: /)\nbash-$",
                Some("open a.py 3"),
            ),
            ("x <execute_bash>\nls\n</execute_bash>", "OBSERVATION:\na\nb", Some("ls")),
            (
                "<function=execute_bash>\n<parameter=command>ls \"a\"</parameter>\n</function>",
                "EXECUTION RESULT of [execute_bash]:\na",
                Some("ls \"a\""),
            ),
            (
                "<function=view><parameter=path>/a.py</parameter></function>",
                "<function_results>a",
                Some("/a.py"),
            ),
            (
                "<read_file>\n<path>a.py</path>\n</read_file>",
                "[read_file for 'a.py'] Result:\n\nx",
                Some("a.py"),
            ),
            (
                "<execute_command>\n<command>ls</command>",
                "[execute_command for 'ls'] Result:\nx",
                Some("ls"),
            ),
            ("nothing", "Observation: x", None),
        ] {
            let messages = json!([
                {"role": "user", "content": output},
                {"role": "assistant", "content": said},
                {"role": "user", "content": output}]);
            let expected = [
                (Role::User, None),
                (Role::Assistant, None),
                (Role::Tool, hint.map(str::to_owned)),
            ];
            assert_eq!(of(&messages), expected, "{said}");
        }
    }

    #[test]
    fn what_the_user_says_stays_the_users() {
        for words in ["go on", "see <output>", "[a] Result:x", "the prompt is bash-$ or so"] {
            let messages = json!([
                {"role": "assistant", "content": "```\nls\n```"},
                {"role": "user", "content": words}]);
            assert_eq!(of(&messages)[1], (Role::User, None), "{words}");
        }
        let body = json!({"tools": [{"name": "a"}], "messages": [
            {"role": "assistant", "content": "```\nls\n```"},
            {"role": "user", "content": "<output>a</output>"}]})
        .to_string();
        let index = scan(body.as_bytes()).unwrap();
        assert_eq!(read(MESSAGES, &index).unwrap().blocks[2].role, Role::User);
    }
}
