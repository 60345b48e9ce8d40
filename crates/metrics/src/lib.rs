//! What the proxy counts: tokens and money saved, latencies, retrievals; their history over time, and
//! their text for Prometheus.
//!
//! A [`MetricsRecorder`] is shared by all threads. It is told of each [`Exchange`] with a provider and
//! each [`Compression`]; [`MetricsRecorder::read`] gives the counts since the process began
//! ([`Metrics`]), and [`MetricsRecorder::history`] those of all times ([`History`]), which a file keeps.
//! Names that come from outside (models, tools) are bounded in number and length, so that no client can
//! make this grow. Nothing here holds a word of a conversation, unless [`BlockReport::texts`] does.
//!
//! ```
//! use metrics::{BlockReport, Ending, Exchange, MetricsRecorder, Prices, Recorder};
//!
//! let recorder = MetricsRecorder::new(true, Prices::known(), None);
//! recorder.record(Exchange {
//!     provider: "openai",
//!     route: "/v1/responses",
//!     is_billed: true,
//!     status: Some(200),
//!     ending: Ending::Done,
//!     blocks: vec![BlockReport {
//!         tool: "Bash".into(),
//!         kind: "log",
//!         before: 5000,
//!         after: 800,
//!         reason: None,
//!         is_new: true,
//!         is_last: true,
//!         texts: None,
//!     }],
//!     ..Exchange::default()
//! });
//! let metrics = recorder.read();
//! assert_eq!(metrics.total.saved(), 4200);
//! assert_eq!(metrics.by_tool["Bash"].saved(), 4200);
//! ```

pub mod cost_estimate;
mod counters;
mod exchange;
mod histogram;
mod history;
mod history_file;
mod messages;
mod prices;
pub mod prometheus;
mod recent;
mod recorder;
mod snapshot;
mod unrecognized;

pub use counters::{Add, Blocks, Counters, difference, dollars, percent};
pub use exchange::{BlockReport, BlockTexts, Ending, Exchange, Recorder};
pub use histogram::{Histogram, ms};
pub use history::History;
pub use history_file::{HistoryFile, HistoryFileError};
pub use prices::{Price, Prices, PricesError};
pub use recent::{KindTokens, Recent, Unchanged, Why};
pub use recorder::MetricsRecorder;
pub use snapshot::{COMPRESSED, Compression, LEFT_ALONE, Metrics, Retrieval};
pub use unrecognized::Unrecognized;

#[cfg(test)]
mod tests;
