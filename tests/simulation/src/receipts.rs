//! The responses to customers, to be compared with the services' data.

use crate::engine::lock;
use fdp_contracts::OrderId;
use order::domain::TooLate;
use std::sync::Mutex;

/// All responses to customers.
#[derive(Default)]
pub struct Receipts(Mutex<Vec<Receipt>>);

/// A response to one customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The number of the purchase.
    pub purchase: usize,
    /// The response.
    pub told: Told,
}

/// The meaning of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The order was placed.
    Ordered(OrderId),
    /// The order was cancelled.
    Cancelled(OrderId),
    /// It was too late to cancel it.
    TooLate(OrderId, TooLate),
    /// It is unknown whether it was cancelled.
    PerhapsCancelled(OrderId),
    /// The customer will send no more requests.
    Goodbye,
}

impl Receipts {
    /// Adds a response to the customer of `purchase`.
    pub fn keep(&self, purchase: usize, told: Told) {
        lock(&self.0).push(Receipt { purchase, told });
    }

    /// All of them, in order.
    pub fn all(&self) -> Vec<Receipt> {
        lock(&self.0).clone()
    }

    /// The number of customers who have finished.
    pub fn left(&self) -> usize {
        lock(&self.0)
            .iter()
            .filter(|receipt| receipt.told == Told::Goodbye)
            .count()
    }
}
