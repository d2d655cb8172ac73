//! Customers who order one thing after the other while something happens to the platform.

use fdp_local::failure::Failure;
use fdp_local::shop::Shop;
use libtest_mimic::Failed;
use serde_json::json;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const CUSTOMERS: usize = 4;

/// Customers at work.
pub(crate) struct Customers {
    closing: Arc<AtomicBool>,
    /// When each order was accepted.
    accepted: Arc<Mutex<Vec<Instant>>>,
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
        let (closing, accepted) = (
            Arc::<AtomicBool>::default(),
            Arc::<Mutex<Vec<Instant>>>::default(),
        );
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
    pub(crate) fn accepted(&self) -> usize {
        lock(&self.accepted).len()
    }

    /// The longest time since `begun` in which no order was accepted.
    pub(crate) fn longest_silence(&self, begun: Instant) -> Duration {
        let mut times: Vec<Instant> = lock(&self.accepted).clone();
        times.extend([begun, Instant::now()]);
        times.retain(|time| *time >= begun);
        times.sort_unstable();
        let gaps = times.windows(2).map(|pair| pair[1].duration_since(pair[0]));
        gaps.max().unwrap_or_default()
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

fn lock(times: &Mutex<Vec<Instant>>) -> MutexGuard<'_, Vec<Instant>> {
    times.lock().unwrap_or_else(PoisonError::into_inner)
}

fn order_on(shop: &Shop, number: usize, closing: &AtomicBool, accepted: &Mutex<Vec<Instant>>) -> Orders {
    let mut orders = Orders::default();
    let order = json!({ "item": "통닭", "storeId": 1, "customerId": format!("c{number}") });
    while !closing.load(Ordering::Relaxed) {
        match shop.order(&order) {
            Ok(order) => {
                lock(accepted).push(Instant::now());
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
