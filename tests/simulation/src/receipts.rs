//! What customers were told, to compare with what the services have stored.

use crate::engine::lock;
use fdp_contracts::OrderId;
use order::domain::TooLate;
use std::sync::Mutex;

/// What customers were answered.
#[derive(Default)]
pub struct Receipts(Mutex<Vec<Receipt>>);

/// What one customer was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Whose purchase.
    pub purchase: usize,
    /// What was said.
    pub told: Told,
}

/// Something that a customer was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// There is an order.
    Ordered(OrderId),
    /// The order was cancelled.
    Cancelled(OrderId),
    /// It was too late to cancel it.
    TooLate(OrderId, TooLate),
    /// Nothing certain about cancelling it.
    PerhapsCancelled(OrderId),
    /// The customer leaves, and asks for nothing more.
    Goodbye,
}

impl Receipts {
    /// Keeps what the customer of `purchase` was told.
    pub fn keep(&self, purchase: usize, told: Told) {
        lock(&self.0).push(Receipt { purchase, told });
    }

    /// All of them, in the order in which they were given.
    pub fn all(&self) -> Vec<Receipt> {
        lock(&self.0).clone()
    }

    /// How many customers have left.
    pub fn left(&self) -> usize {
        lock(&self.0)
            .iter()
            .filter(|receipt| receipt.told == Told::Goodbye)
            .count()
    }
}
