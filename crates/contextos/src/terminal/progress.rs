//! A progress bar on a terminal, for runs of more than a second.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::pipeline::Progress;

/// The delay before the bar is shown: shorter runs show none. By hand.
const PATIENCE: Duration = Duration::from_secs(1);

/// Shows nothing.
pub(crate) struct Quiet;

impl Progress for Quiet {
    fn stage(&self, _: &'static str) {}
    fn count(&self, _: usize, _: usize) {}
}

/// A bar on standard error that goes away when the run ends.
pub(super) struct Bar {
    begun: Instant,
    shown: Mutex<Shown>,
}

#[derive(Default)]
struct Shown {
    stage: &'static str,
    bar: Option<ProgressBar>,
}

impl Bar {
    pub(super) fn new() -> Self {
        Self { begun: Instant::now(), shown: Mutex::default() }
    }
}

impl Progress for Bar {
    fn stage(&self, name: &'static str) {
        let Ok(mut shown) = self.shown.lock() else { return };
        shown.stage = name;
        if let Some(bar) = &shown.bar {
            bar.set_message(name);
            bar.set_length(0);
        }
    }

    fn count(&self, done: usize, total: usize) {
        if self.begun.elapsed() < PATIENCE {
            return;
        }
        // If the lock is held, another thread is drawing.
        let Ok(mut shown) = self.shown.try_lock() else { return };
        let stage = shown.stage;
        let bar = shown.bar.get_or_insert_with(|| bar(stage));
        bar.set_length(total as u64);
        bar.set_position(done as u64);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Ok(Shown { bar: Some(bar), .. }) = self.shown.get_mut() {
            bar.finish_and_clear();
        }
    }
}

fn bar(stage: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(0).with_message(stage);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}") {
        bar.set_style(style);
    }
    bar
}
