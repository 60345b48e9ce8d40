//! Whole checkouts, on disk and in git, hostile ones included.

#![allow(clippy::unwrap_used, reason = "a test that can't set up has nothing to say")]

mod as_git_sees_it;
mod cache;
mod git;
mod hostile;
mod index;
mod reading;

use checkout::{Checkout, ReadOptions};
use testkit::TempRepo;

/// Reads `repo` as a user would.
fn read(repo: &TempRepo) -> Checkout {
    read_with(repo, &ReadOptions::default())
}

fn read_with(repo: &TempRepo, options: &ReadOptions) -> Checkout {
    checkout::read(repo.path(), options, &|_| ()).unwrap()
}

fn paths(checkout: &Checkout) -> Vec<&str> {
    checkout.files.iter().map(|file| file.path.as_str()).collect()
}

fn text<'c>(checkout: &'c Checkout, path: &str) -> &'c str {
    &checkout.files.iter().find(|file| file.path == path).unwrap().text
}
