//! Conversations of lines that name their parents.
//!
//! A chain of lines is a conversation. Where the user went back and said something else, a second one
//! begins that shares its beginning with the first. Results of calls that the model made at one time name
//! the line of their own call as their parent: they belong to the end of the conversation all the same.

use std::collections::HashMap;

use serde_json::Value;

use super::super::transcript::Conversation;

/// Conversations that grow line by line.
#[derive(Default)]
pub(super) struct Branches {
    pub(super) conversations: Vec<Conversation>,
    /// For each conversation how many of its items are before the results at its end.
    before_results: Vec<usize>,
    /// Where the line of that id is: the conversation, and how many items it has after it.
    places: HashMap<String, (usize, usize)>,
}

impl Branches {
    /// Whether a line of that id is there.
    pub(super) fn contains(&self, id: &str) -> bool {
        self.places.contains_key(id)
    }

    /// The conversation that a line with this parent continues: a new one if the parent isn't there.
    pub(super) fn of_child(&mut self, parent: Option<&str>, is_result: bool) -> usize {
        let Some(&(at, items)) = parent.and_then(|parent| self.places.get(parent)) else {
            return self.begin(Conversation::default());
        };
        let is_end =
            items >= self.before_results[at] || items == self.conversations[at].items.len();
        if is_end || is_result {
            return at;
        }
        let fork = self.conversations[at].fork(items);
        self.begin(fork)
    }

    /// Begins a conversation.
    pub(super) fn begin(&mut self, conversation: Conversation) -> usize {
        self.before_results.push(conversation.items.len());
        self.conversations.push(conversation);
        self.conversations.len() - 1
    }

    /// Adds an item to the conversation at `at`; `false` if it is too long.
    pub(super) fn push(&mut self, at: usize, item: &Value, is_result: bool) -> bool {
        let conversation = &mut self.conversations[at];
        let fits = conversation.push(item);
        if !is_result {
            self.before_results[at] = conversation.items.len();
        }
        fits
    }

    /// Notes that the line of that id is at the end of the conversation at `at`.
    pub(super) fn note(&mut self, id: &str, at: usize) {
        self.places.insert(id.to_owned(), (at, self.conversations[at].items.len()));
    }

    /// Notes a line that isn't said to the model, which stands between another and its parent.
    pub(super) fn pass_on(&mut self, id: Option<&str>, parent: Option<&str>) {
        let place = parent.and_then(|parent| self.places.get(parent)).copied();
        if let (Some(id), Some(place)) = (id, place) {
            self.places.insert(id.to_owned(), place);
        }
    }

    /// The items from the line of that id on, in its conversation.
    pub(super) fn from(&self, id: &str) -> Option<&[String]> {
        let (at, items) = self.places.get(id)?;
        self.conversations[*at].items.get(items.checked_sub(1)?..)
    }

    /// The conversations in which requests were made.
    pub(super) fn into_conversations(self) -> Vec<Conversation> {
        self.conversations.into_iter().filter(|c| !c.requests.is_empty()).collect()
    }
}
