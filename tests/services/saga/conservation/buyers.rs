//! Customers who order side by side, repeat themselves, change their minds at any moment, and note what they are told.
//!
//! A try takes at most seven questions of ten seconds: the first and those that follow an error, one that repeats it,
//! and two to take orders back.

use super::turnstile::Turnstile;
use super::{PLENTY, SCARCE};
use fdp_test_services::books::{Cancellation, Promises, Purchase};
use fdp_test_services::{Client, Random};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::thread;
use std::time::Duration;

/// How often a customer asks under one key before they give up.
const ATTEMPTS: u32 = 4;
/// How long they think at most before they ask again, in milliseconds.
const LONGEST_THOUGHT: u64 = 200;
/// After how many further tries an order is taken back at the latest.
const LATEST_REGRET: u64 = 6;
/// How many are taken back after one try at most.
const REGRETS_AT_ONCE: usize = 2;
/// How many orders go by one name: the order service lists no more than 200 of a customer.
const ORDERS_A_NAME: u64 = 100;

/// One of those who order.
#[derive(Debug)]
pub(crate) struct Buyer {
    name: String,
    random: Random,
    gateway: Client,
    tries: u64,
    promises: Promises,
    /// Purchases to be taken back: which, and after how many tries.
    regrets: VecDeque<(usize, u64)>,
}

impl Buyer {
    /// The buyer of this number; the seed decides what they do.
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

    /// Orders as often as the turnstile lets them, and gives what they were told.
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

    /// Asks, and again under the same key when the answer is an error or gets lost.
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
        // 200 is an order that was made before, and whose 201 got lost.
        [200, 201]
            .contains(&answer.status)
            .then(|| answer.text("orderId").ok())?
    }

    /// Presses the button twice.
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
