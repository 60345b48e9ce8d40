//! The recording of one exchange while it is under way.

use std::sync::Arc;
use std::time::Instant;

use metrics::{BlockReport, Ending, Exchange, Recorder};
use tokio::sync::OwnedSemaphorePermit;

use super::plan::Report;
use super::route::Route;

/// Tells a recorder of an exchange when it is dropped.
pub(super) struct Recording {
    pub(super) exchange: Exchange,
    started: Instant,
    recorder: Arc<dyn Recorder>,
    /// The exchange's place among those under way.
    _place: OwnedSemaphorePermit,
}

impl Recording {
    pub(super) fn new(
        recorder: Arc<dyn Recorder>,
        route: Route,
        place: OwnedSemaphorePermit,
    ) -> Self {
        let exchange = Exchange {
            provider: route.provider.name(),
            route: route.name,
            is_billed: route.is_generation,
            ..Exchange::default()
        };
        Recording { exchange, started: Instant::now(), recorder, _place: place }
    }

    pub(super) fn planned(&mut self, report: &Report) {
        let exchange = &mut self.exchange;
        exchange.model = report.model.clone();
        exchange.conversation = report.conversation;
        exchange.held_out = report.held_out;
        exchange.stream = report.stream;
        exchange.tokens_before = report.before;
        exchange.tokens_after = report.after;
        exchange.tokens_added = report.added;
        exchange.blocks = report.blocks.iter().map(block_report).collect();
        exchange.transforms = report.transforms.clone();
        exchange.reason = report.reason;
        exchange.replayed = report.replayed;
        exchange.replay_missing = report.replay_missing;
        exchange.failures = report.failures;
        exchange.redacted = report.redacted;
    }

    pub(super) fn sent(&mut self) {
        self.exchange.added = self.started.elapsed();
    }

    pub(super) fn answered(&mut self, status: u16) {
        self.exchange.status = Some(status);
        self.exchange.first_byte = self.started.elapsed().saturating_sub(self.exchange.added);
    }

    pub(super) fn ended(&mut self, ending: Ending) {
        self.exchange.ending = ending;
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        self.exchange.total = self.started.elapsed();
        self.recorder.record(std::mem::take(&mut self.exchange));
    }
}

fn block_report(line: &super::plan::Line) -> BlockReport {
    BlockReport {
        tool: line.tool.clone(),
        kind: line.kind.map_or("", compress::Kind::name),
        before: line.before,
        after: line.after,
        reason: line.reason,
        is_new: line.is_new,
        is_last: line.is_last,
        texts: line.texts.clone(),
    }
}
