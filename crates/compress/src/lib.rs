//! Text made shorter, and what was left out of it.
