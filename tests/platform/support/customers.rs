//! Customers who order one thing after the other while something happens to the platform.

use fdp_local::failure::Failure;
use fdp_local::shop::Shop;
use libtest_mimic::Failed;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const CUSTOMERS: usize = 4;

/// Customers at work.
pub(crate) struct Customers {
    closing: Arc<AtomicBool>,
    accepted: Arc<AtomicU32>,
    threads: Vec<JoinHandle<Orders>>,
}

#[derive(Default)]
struct Orders {
    accepted: Vec<String>,
    refused: Vec<Refused>,
}

/// An order that was not taken.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) at: Instant,
    pub(crate) why: String,
}

impl Customers {
    /// Lets them order until [`Self::stop`].
    pub(crate) fn start(shop: &Shop) -> Self {
        let (closing, accepted) = (Arc::<AtomicBool>::default(), Arc::<AtomicU32>::default());
        let threads = (0..CUSTOMERS)
            .map(|number| {
                let (shop, closing, accepted) = (shop.clone(), Arc::clone(&closing), Arc::clone(&accepted));
                thread::spawn(move || order_on(&shop, number, &closing, &accepted))
            })
            .collect();
        Self {
            closing,
            accepted,
            threads,
        }
    }

    /// How many orders were accepted so far.
    pub(crate) fn accepted(&self) -> u32 {
        self.accepted.load(Ordering::Relaxed)
    }

    /// The orders that were accepted, and those that were not, in the order of time.
    pub(crate) fn stop(self) -> Result<(Vec<String>, Vec<Refused>), Failed> {
        self.closing.store(true, Ordering::Relaxed);
        let mut all = Orders::default();
        for thread in self.threads {
            let orders = thread.join().map_err(|_| "a customer's thread panicked")?;
            all.accepted.extend(orders.accepted);
            all.refused.extend(orders.refused);
        }
        all.refused.sort_by_key(|refused| refused.at);
        Ok((all.accepted, all.refused))
    }
}

fn order_on(shop: &Shop, number: usize, closing: &AtomicBool, accepted: &AtomicU32) -> Orders {
    let mut orders = Orders::default();
    let order = json!({ "item": "통닭", "storeId": 1, "customerId": format!("c{number}") });
    while !closing.load(Ordering::Relaxed) {
        match shop.order(&order) {
            Ok(order) => {
                accepted.fetch_add(1, Ordering::Relaxed);
                orders.accepted.push(order);
            }
            Err(failure) => orders.refused.push(Refused {
                at: Instant::now(),
                why: failure.to_string(),
            }),
        }
        // The pace of the customers, not a wait for anything.
        thread::sleep(Duration::from_millis(100));
    }
    orders
}

/// Waits until every one of these orders is delivered and paid for; the first that is not ends the wait.
pub(crate) fn all_delivered(
    shop: &Shop,
    orders: &[String],
    limit: Duration,
) -> Result<(), (String, Failure)> {
    for order in orders {
        shop.wait_for_state(order, "Delivered", limit, &mut |_| {})
            .and_then(|()| shop.wait_for_payment(order, "Approved", limit))
            .map_err(|failure| (order.clone(), failure))?;
    }
    Ok(())
}
