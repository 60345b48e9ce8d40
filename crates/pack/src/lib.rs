//! Chosen spans rendered as Markdown, JSON or XML, exactly within the budget.
//!
//! Pure: [`build`] takes what was ranked and gives a text; who wrote the files and where the text goes
//! is the program's business.
//!
//! **Why prices add up.** A pack is a list of pieces. Every piece ends in a newline, and no piece
//! begins in a way that the tokenizer could join to the newline before it: what comes before a span of
//! a file ends in a letter or a digit, and everything else begins with a printable character other
//! than `/`. So the tokens of the pack are the sum of the tokens of its pieces, and fitting never has
//! to count a whole document. The last count is an assertion, not a loop.

mod allocate;
mod build;
mod evidence;
mod facts;
mod render;
#[cfg(test)]
mod tests;
mod text;

pub use build::{Input, LEAST_BUDGET, Pack, PackError, Redacted, Shown, Unchosen, build};
pub use render::Format;
