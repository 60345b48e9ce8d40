//! An index of a JSON text by byte offsets: where each value begins and ends, and what kind it is.
//!
//! Values are not decoded and nothing is built from them, so the notation of numbers, escapes, white space, and the
//! order and duplication of keys stay as they were written: who replaces one value touches no other byte. [`scan`] is
//! strict; [`lenient`] also takes what tools print that is nearly JSON, or only its beginning. Both are linear in the
//! length of the text, iterative, and bounded in depth.
//!
//! ```
//! let body = br#"{"model": "m", "stop": ["\n", 1e400]}"#;
//! let index = json_index::scan(body)?;
//! let stop = index.root().get("stop").unwrap();
//!
//! assert_eq!(stop.raw(), br#"["\n", 1e400]"#);
//! assert_eq!(stop.items().next().unwrap().text().unwrap(), "\n");
//!
//! let index = json_index::lenient::scan(r#"[{"id": 1}, {"id": 2}, {"i"#).unwrap();
//! assert_eq!(index.root().items().count(), 3);
//! # Ok::<(), json_index::ScanError>(())
//! ```

pub mod eight_bytes;
mod escapes;
mod index;
pub mod lenient;
mod resume;
mod scan;
mod style;

pub use escapes::{JsonEscapes, Unescaped, unescape};
pub use index::{Index, Kind, Value, ValueId};
pub use resume::{Scanned, scan_after};
pub use scan::{MAX_DEPTH, MAX_VALUES, ScanError, scan};
pub use style::Style;
