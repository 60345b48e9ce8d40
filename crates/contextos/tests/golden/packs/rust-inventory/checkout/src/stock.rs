//! What is in stock.

use std::collections::BTreeMap;

use thiserror::Error;

/// Why a count can't be changed.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum StockError {
    /// No article has this number.
    #[error("no article {0}")]
    Unknown(u64),
    /// A correction would leave less than nothing.
    #[error("article {0} would have a negative count")]
    Negative(u64),
}

/// Counts by article number.
#[derive(Debug, Default)]
pub struct Stock {
    counts: BTreeMap<u64, i64>,
}

impl Stock {
    /// Adds articles that were delivered.
    pub fn deliver(&mut self, article: u64, count: u32) {
        *self.counts.entry(article).or_default() += i64::from(count);
    }

    /// How many there are.
    pub fn count(&self, article: u64) -> Option<i64> {
        self.counts.get(&article).copied()
    }

    /// Takes articles out, for a reservation.
    pub fn take(&mut self, article: u64, count: u32) -> Result<(), StockError> {
        let left = self.counts.get_mut(&article).ok_or(StockError::Unknown(article))?;
        *left -= i64::from(count);
        Ok(())
    }

    /// Sets a count after somebody counted by hand.
    pub fn correct(&mut self, article: u64, count: i64) -> Result<(), StockError> {
        if count < 0 {
            return Err(StockError::Negative(article));
        }
        self.counts.insert(article, count);
        Ok(())
    }

    /// All counts, by article number.
    pub fn iter(&self) -> impl Iterator<Item = (u64, i64)> {
        self.counts.iter().map(|(article, count)| (*article, *count))
    }
}
