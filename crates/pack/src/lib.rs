//! Chosen spans rendered as Markdown or JSON, exactly within the budget.
