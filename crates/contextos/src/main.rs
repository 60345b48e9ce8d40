//! Packs what matters in a repository for a task into a token budget.

fn main() {}
