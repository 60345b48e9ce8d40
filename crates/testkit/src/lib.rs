//! Temporary repositories, stub servers and corpora, for tests only.
