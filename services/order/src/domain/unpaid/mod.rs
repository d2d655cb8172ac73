//! The rules of an intent to pay that is no order yet: who may still place it, and when its payment can only be voided.
//!
//! ```text
//! asked ──────────▶ awaiting ──▶ placed         pay has told that it is paid, or answers so when it is asked again
//!   │ └▶ told paid ─────────────▶ placed         the news came before pay's own answer was recorded
//!   └──────────────────┴──▶ given up ──▶ voided  by its customer, or because nobody paid in time
//! ```
//!
//! Placing and giving up exclude each other: whoever comes second finds that it is decided. So there is no order without
//! money, and no money without an order.

#[cfg(test)]
mod races;

use crate::domain::{AwaitingOrder, Order};
use chrono::{DateTime, Utc};

/// An intent to pay, while there is no order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unpaid {
    /// What becomes an order once its customer has paid; `None` while pay is asked for the first time.
    pub awaiting: Option<AwaitingOrder>,
    /// Pay has told that it is paid, before it was recorded that it waits for its customer.
    pub told_paid: bool,
    /// It is given up, and its payment can only be voided.
    pub abandoned: bool,
    /// Its payment is voided. It is kept for a while, for those who ask what has become of it.
    pub voided: bool,
}

/// What follows from the news that the payment is approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Approval {
    /// The order is placed.
    Place(Box<Order>),
    /// The news is kept for whoever is still asking pay.
    Remember,
    /// Nothing: it was given up, and its payment is being voided.
    TooLate,
}

impl Unpaid {
    /// What follows from the news that the payment is approved.
    pub fn approve(&self, now: DateTime<Utc>) -> Approval {
        match &self.awaiting {
            _ if self.abandoned => Approval::TooLate,
            Some(awaiting) => Approval::Place(Box::new(awaiting.placed(now))),
            None => Approval::Remember,
        }
    }

    /// Whether it may begin to wait for its customer: it was neither given up nor paid meanwhile.
    pub fn may_wait(&self) -> bool {
        !self.abandoned && !self.told_paid
    }
}
