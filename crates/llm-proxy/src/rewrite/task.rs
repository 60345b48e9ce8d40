//! The task of the agent at a block: what the user and the model wrote before it.

use llm_api::request::{Block, Role};

/// Bytes of each text that is taken.
const LONGEST: usize = 2000;

/// What clients put into the user's messages in their own name.
const REMINDER: (&str, &str) = ("<system-reminder>", "</system-reminder>");

/// The text of the task: the user's first and last message, and the model's last one.
pub(super) fn task(before: &[Block<'_>]) -> String {
    let is_word = |block: &&Block<'_>| block.role == Role::User && !words(block).is_empty();
    let first = before.iter().find(is_word);
    let last = before.iter().rfind(is_word);
    let said =
        before.iter().rev().find(|block| block.role == Role::Assistant && !block.texts.is_empty());
    let mut out = first.map(words).unwrap_or_default();
    if let (Some(first), Some(last)) = (first, last)
        && first.value.range() != last.value.range()
    {
        out.push('\n');
        out.push_str(&words(last));
    }
    if let Some(said) = said {
        out.push('\n');
        out.push_str(&words(said));
    }
    out
}

/// The beginning of a block's texts, without the client's own reminders.
fn words(block: &Block<'_>) -> String {
    let mut out = String::new();
    for text in block.texts.iter().filter_map(|text| text.text()) {
        let mut rest = &*text;
        while let Some((before, after)) = rest.split_once(REMINDER.0) {
            out.push_str(before);
            rest = after.split_once(REMINDER.1).map_or("", |(_, after)| after);
        }
        out.push_str(rest);
        if out.len() >= LONGEST {
            break;
        }
    }
    out.truncate(out.floor_char_boundary(LONGEST));
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use json_index::scan;
    use llm_api::MESSAGES;
    use llm_api::request::read;
    use serde_json::json;

    #[test]
    fn the_first_and_the_last_words_and_the_models() {
        let body = json!({"system": "not this", "messages": [
            {"role": "user", "content": [{"type": "text", "text": "<system-reminder>no</system-reminder>"}, {"type": "text", "text": "fix it"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "older"}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a", "content": "not this"}]},
            {"role": "user", "content": "rather that<system-reminder>no"},
            {"role": "assistant", "content": [{"type": "text", "text": "I look"}, {"type": "tool_use", "id": "a", "name": "t", "input": {}}]}]}).to_string();
        let index = scan(body.as_bytes()).unwrap();
        let request = read(MESSAGES, &index).unwrap();
        assert_eq!(task(&request.blocks), "fix it\nrather that\nI look");
        assert_eq!(task(&request.blocks[..2]), "");
        assert_eq!(task(&request.blocks[..3]), "fix it");
    }
}
