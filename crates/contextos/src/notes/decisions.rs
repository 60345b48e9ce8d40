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

/// The decisions in a file: the titles of its entries, and what is below them.
pub(crate) fn entries(file: &str) -> Vec<(&str, String)> {
    let entry = |section| {
        let (title, text): (&str, &str) = str::split_once(section, '\n').unwrap_or((section, ""));
        (title.trim(), text.trim().trim_end_matches("---").trim_end().to_owned())
    };
    file.split("\n### ").skip(1).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_back() {
        let file = [
            HEAD,
            &entry("use SQLite", "accepted", "2026-11-23T06:41:27+00:00"),
            &entry("or not", "proposed", "2026-11-24T06:41:27+00:00"),
        ]
        .concat();
        let entries = entries(&file);
        assert_eq!(
            entries.iter().map(|entry| entry.0).collect::<Vec<_>>(),
            ["[2026-11-23] Decision", "[2026-11-24] Decision"]
        );
        assert!(entries[0].1.contains("**Decision:** use SQLite") && !entries[0].1.contains("---"));
        assert_eq!(super::entries("nothing\n"), []);
    }

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
