//! The store's owner, concurrent with the autopilot that continues orders without progress: rejects the first orders
//! and some of the later ones, accepts others, and restocks.

use super::SCARCE;
use fdp_test_services::books::Promises;
use fdp_test_services::{Client, Random};
use serde_json::json;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// The interval between two polls of the tickets. An order waits about three intervals before the autopilot handles
/// it.
const PAUSE: Duration = Duration::from_millis(100);
/// The first orders are always rejected: the autopilot is often faster than the owner, and by chance a short run
/// could have no rejection.
const REFUSED_FIRST: usize = 3;
/// The largest quantity of a restock.
const LARGEST_RESTOCK: u64 = 10;

/// The owner of the store with the id 1.
#[derive(Debug)]
pub(crate) struct Owner {
    random: Random,
    gateway: Client,
    /// How many pieces they may still restock.
    pieces: u64,
    deliveries: u64,
    promises: Promises,
}

impl Owner {
    /// An owner whose actions the seed determines. They restock at most `pieces`, however long they work, so that the
    /// scarce product sells out on a slow machine too.
    pub(crate) fn new(seed: u64, gateway: Client, pieces: u64) -> Self {
        Self {
            pieces,
            random: Random::new(seed ^ 0x006f_776e_6572),
            gateway,
            deliveries: 0,
            promises: Promises::default(),
        }
    }

    /// Works until `closing` is disconnected, and returns the recorded responses.
    pub(crate) fn work(mut self, closing: &Receiver<()>) -> Promises {
        self.restock();
        while closing.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
            for order_id in self.waiting() {
                if self.promises.refused.len() < REFUSED_FIRST {
                    self.refuse(&order_id);
                    continue;
                }
                match self.random.below(40) {
                    0 | 1 => self.refuse(&order_id),
                    2 => drop(self.gateway.post(&ticket(&order_id, "accept"), &json!({}))),
                    _ => {}
                }
            }
            if self.random.once_in(20) {
                self.restock();
            }
        }
        self.promises
    }

    fn waiting(&self) -> Vec<String> {
        let tickets = self.gateway.get("/stores/1/tickets?state=Received&limit=100");
        let list = tickets.map(|answer| answer.body).unwrap_or_default();
        list.as_array()
            .into_iter()
            .flatten()
            .filter_map(|ticket| ticket["orderId"].as_str().map(str::to_owned))
            .collect()
    }

    fn refuse(&mut self, order_id: &str) {
        let reason = json!({"reason": "the oven is broken"});
        if let Ok(answer) = self.gateway.post(&ticket(order_id, "reject"), &reason)
            && answer.status == 200
        {
            self.promises.refused.push(order_id.to_owned());
        }
    }

    /// Sends the same restock twice.
    fn restock(&mut self) {
        let qty = (1 + self.random.below(LARGEST_RESTOCK)).min(self.pieces);
        if qty == 0 {
            return;
        }
        self.pieces -= qty;
        self.deliveries += 1;
        let key = format!("delivery-{}", self.deliveries);
        let path = format!("/inventories/{SCARCE}/restock");
        let headers = [("idempotency-key", key.as_str())];
        let mut confirmed = false;
        for _ in 0..2 {
            let answer = self
                .gateway
                .send("POST", &path, &headers, Some(&json!({"qty": qty})));
            confirmed |= answer.is_ok_and(|answer| answer.status == 200);
        }
        if confirmed {
            self.promises.restocked.push((key, qty));
        }
    }
}

fn ticket(order_id: &str, command: &str) -> String {
    format!("/stores/1/tickets/{order_id}/{command}")
}
