//! An inventory: articles in stock, and reservations of them.

mod report;
mod reservation;
mod stock;

pub use report::report;
pub use reservation::{Reservation, Reservations};
pub use stock::{Stock, StockError};
