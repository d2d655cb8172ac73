//! Customers who order, sometimes change their minds, and note what they were answered.

use super::PRODUCT;
use super::turnstile::Turnstile;
use crate::shop;
use fdp_saga::{Client, Random};

/// How often a customer asks under one key before they give up.
const ATTEMPTS: u32 = 3;

/// What a customer was told about taking an order back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cancellation {
    NotTried,
    Confirmed,
    TooLate,
    /// An error, or no answer: it may have worked or not.
    Unknown,
}

/// An order that was confirmed.
#[derive(Debug)]
pub(crate) struct Purchase {
    pub(crate) order_id: String,
    cancellation: Cancellation,
}

impl Purchase {
    /// Whether what the customer was told allows the order to end in `state`.
    pub(crate) fn may_end(&self, state: &str) -> bool {
        match self.cancellation {
            Cancellation::NotTried | Cancellation::TooLate => state == "Delivered",
            Cancellation::Confirmed => state == "Cancelled",
            Cancellation::Unknown => state == "Delivered" || state == "Cancelled",
        }
    }
}

/// What a customer has to show in the end.
#[derive(Debug)]
pub(crate) struct Receipts {
    pub(crate) name: String,
    /// How many orders they tried, each with an `Idempotency-Key` of its own.
    pub(crate) keys: u64,
    pub(crate) purchases: Vec<Purchase>,
}

/// One of those who order side by side.
#[derive(Debug)]
pub(crate) struct Customer {
    name: String,
    random: Random,
    gateway: Client,
    keys: u64,
}

impl Customer {
    /// The customer of this number; the seed decides what they will do, and what they are called, so that
    /// their orders can be told from those of other runs.
    pub(crate) fn new(seed: u64, number: u64, gateway: Client) -> Self {
        Self {
            name: format!("chaos-{seed}-{number}"),
            random: Random::new(seed.wrapping_add(number).wrapping_add(1)),
            gateway,
            keys: 0,
        }
    }

    /// Orders as often as the turnstile lets them.
    pub(crate) fn shop(mut self, turnstile: &Turnstile) -> Receipts {
        let mut purchases = Vec::new();
        while turnstile.enter() {
            purchases.extend(self.order());
            turnstile.leave();
        }
        Receipts {
            name: self.name,
            keys: self.keys,
            purchases,
        }
    }

    fn order(&mut self) -> Option<Purchase> {
        let changes_mind = self.random.below(4) == 0;
        let order_id = self.buy()?;
        let cancellation = if changes_mind {
            match self.gateway.delete(&format!("/orders/{order_id}")) {
                Ok(answer) if answer.status == 200 => Cancellation::Confirmed,
                Ok(answer) if answer.status == 409 => Cancellation::TooLate,
                _ => Cancellation::Unknown,
            }
        } else {
            Cancellation::NotTried
        };
        Some(Purchase {
            order_id,
            cancellation,
        })
    }

    /// Orders one piece, and asks again under the same key when the answer is an error or gets lost.
    fn buy(&mut self) -> Option<String> {
        self.keys += 1;
        let key = format!("{}-{}", self.name, self.keys);
        let body = shop::basket(PRODUCT, 1, &self.name);
        (0..ATTEMPTS).find_map(|_| {
            let headers = [("idempotency-key", key.as_str())];
            let answer = self.gateway.send("POST", "/orders", &headers, Some(&body)).ok()?;
            // 200 is an order that was made before, and whose 201 got lost.
            (answer.status == 201 || answer.status == 200)
                .then(|| answer.text("orderId").ok())
                .flatten()
        })
    }
}
