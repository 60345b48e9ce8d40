//! DECISIONS.md: decisions, with their date and status.

use crate::clock;

/// The beginning of a new file.
pub(crate) const HEAD: &str = "\
# Decision Log

> What was decided in this project: `contextos memory decision \"…\"`. Append-only.
";

/// The entry of a decision.
pub(crate) fn entry(decision: &str, status: &str, time: &str) -> String {
    let (day, decision) = (clock::day(time), decision.trim());
    format!(
        "\n---\n\n### [{day}] Decision\n\n**Status:** {status}\n\n**Decision:** {decision}\n\n\
         **Logged:** {time}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_has_the_known_shape() {
        insta::assert_snapshot!(entry("use SQLite\n", "accepted", "2026-11-23T06:41:27+00:00"), @r"

        ---

        ### [2026-11-23] Decision

        **Status:** accepted

        **Decision:** use SQLite

        **Logged:** 2026-11-23T06:41:27+00:00
        ");
    }
}
