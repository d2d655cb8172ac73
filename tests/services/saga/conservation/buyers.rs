//! Customers who order concurrently, repeat requests, cancel at any time, and record the responses.
//!
//! A try takes at most seven requests of ten seconds: the first and its retries, one that repeats it, and two
//! cancellations.

use super::turnstile::Turnstile;
use super::{PLENTY, SCARCE};
use fdp_test_services::books::{Cancellation, Promises, Purchase};
use fdp_test_services::{Client, Random};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::thread;
use std::time::Duration;

/// The maximum number of requests with one key.
const ATTEMPTS: u32 = 4;
/// The longest delay before a retry, in milliseconds.
const LONGEST_THOUGHT: u64 = 200;
/// The largest number of further tries before an order is cancelled.
const LATEST_REGRET: u64 = 6;
/// The maximum number of cancellations after one try.
const REGRETS_AT_ONCE: usize = 2;
/// The number of orders under one customer name: the order service lists no more than 200 per customer.
const ORDERS_A_NAME: u64 = 100;

/// A simulated customer.
#[derive(Debug)]
pub(crate) struct Buyer {
    name: String,
    random: Random,
    gateway: Client,
    tries: u64,
    promises: Promises,
    /// Purchases to be cancelled: which, and after how many tries.
    regrets: VecDeque<(usize, u64)>,
}

impl Buyer {
    /// The buyer with this number; the seed determines what they do.
    pub(crate) fn new(seed: u64, number: u64, gateway: Client) -> Self {
        Self {
            name: format!("buyer-{number}"),
            random: Random::new(seed.wrapping_mul(31).wrapping_add(number)),
            gateway,
            tries: 0,
            promises: Promises::default(),
            regrets: VecDeque::new(),
        }
    }

    /// Orders as often as the turnstile allows, and returns the recorded responses.
    pub(crate) fn shop(mut self, turnstile: &Turnstile) -> Promises {
        while turnstile.enter() {
            self.order();
            self.take_back_what_is_due(REGRETS_AT_ONCE);
            turnstile.leave();
        }
        self.tries = u64::MAX;
        self.take_back_what_is_due(usize::MAX);
        self.promises
    }

    fn order(&mut self) {
        let customer = format!("{}-{}", self.name, self.tries / ORDERS_A_NAME);
        self.tries += 1;
        *self.promises.tries.entry(customer.clone()).or_default() += 1;
        let key = format!("{}-{}", self.name, self.tries);
        let body = self.basket(&customer);
        let Some(order_id) = self.ask(&key, &body) else {
            return;
        };
        if self.random.once_in(8) {
            self.repeat(&key, &body, &order_id);
        }
        if self.random.once_in(4) {
            let when = self.tries + self.random.below(LATEST_REGRET + 1);
            self.regrets.push_back((self.promises.purchases.len(), when));
        }
        self.promises.purchases.push(Purchase {
            order_id,
            cancellation: Cancellation::NotTried,
        });
    }

    fn basket(&mut self, customer: &str) -> Value {
        let qty = 1 + self.random.below(3);
        let product =
            |id: &str, qty: u64| json!({"productId": id, "productName": format!("Product {id}"), "qty": qty});
        let lines = match self.random.below(10) {
            0..=4 => vec![product(PLENTY, qty)],
            5 | 6 => vec![product(SCARCE, qty)],
            7 => vec![product(PLENTY, qty), product(SCARCE, 1)],
            8 => vec![product(PLENTY, 1), json!({"item": "통닭", "qty": qty})],
            _ => vec![json!({"item": "비빔밥", "qty": qty})],
        };
        json!({"customerId": customer, "lines": lines})
    }

    /// Sends the request, and retries with the same key after an error or a timeout.
    fn ask(&mut self, key: &str, body: &Value) -> Option<String> {
        for _ in 0..ATTEMPTS {
            if let Some(order_id) = self.post(key, body) {
                return Some(order_id);
            }
            thread::sleep(Duration::from_millis(self.random.below(LONGEST_THOUGHT)));
        }
        None
    }

    fn post(&self, key: &str, body: &Value) -> Option<String> {
        let answer = self
            .gateway
            .send("POST", "/orders", &[("idempotency-key", key)], Some(body))
            .ok()?;
        // A 200 is an order that was created by an earlier request, whose 201 got lost.
        [200, 201]
            .contains(&answer.status)
            .then(|| answer.text("orderId").ok())?
    }

    /// Repeats a successful request.
    fn repeat(&mut self, key: &str, body: &Value, order_id: &str) {
        if let Some(again) = self.post(key, body)
            && again != order_id
        {
            let surprise = format!("the key {key} made {order_id} and then {again}");
            self.promises.surprises.push(surprise);
        }
    }

    fn take_back_what_is_due(&mut self, most: usize) {
        let mut due: Vec<usize> = Vec::new();
        let tries = self.tries;
        self.regrets.retain(|(purchase, when)| {
            let now = *when <= tries && due.len() < most;
            if now {
                due.push(*purchase);
            }
            !now
        });
        for index in due {
            let purchase = &mut self.promises.purchases[index];
            purchase.cancellation = match self.gateway.delete(&format!("/orders/{}", purchase.order_id)) {
                Ok(answer) if answer.status == 200 => Cancellation::Confirmed,
                Ok(answer) if answer.status == 409 => Cancellation::TooLate,
                _ => Cancellation::Unknown,
            };
        }
    }
}
