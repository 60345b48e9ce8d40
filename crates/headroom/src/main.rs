//! Local server and tool that makes text smaller and gives back any original.

fn main() {}
