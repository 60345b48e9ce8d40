//! Reservations: articles that are kept for an order until it is paid.

use std::collections::BTreeMap;

use crate::stock::{Stock, StockError};

/// Articles that are reserved for one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reservation {
    /// The order's number.
    pub order: u64,
    /// The article's number.
    pub article: u64,
    /// How many.
    pub count: u32,
}

/// The open reservations, by order.
#[derive(Debug, Default)]
pub struct Reservations {
    open: BTreeMap<u64, Vec<Reservation>>,
}

impl Reservations {
    /// Reserves articles for an order.
    ///
    /// # Errors
    /// When there is no such article.
    pub fn reserve(
        &mut self,
        stock: &mut Stock,
        order: u64,
        article: u64,
        count: u32,
    ) -> Result<(), StockError> {
        stock.take(article, count)?;
        self.open.entry(order).or_default().push(Reservation { order, article, count });
        Ok(())
    }

    /// Gives back what was reserved for an order that was cancelled.
    pub fn release(&mut self, stock: &mut Stock, order: u64) {
        for reservation in self.open.remove(&order).unwrap_or_default() {
            stock.deliver(reservation.article, reservation.count);
        }
    }

    /// Forgets the reservations of an order that was paid and sent.
    pub fn complete(&mut self, order: u64) -> Vec<Reservation> {
        self.open.remove(&order).unwrap_or_default()
    }
}
