//! Customers who order one thing after the other while something happens to the platform.

use fdp_local::failure::Failure;
use fdp_local::shop::Shop;
use fdp_local::wait;
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
    accepted: Arc<Mutex<Vec<Accepted>>>,
    threads: Vec<JoinHandle<Vec<Refused>>>,
}

/// An order that was taken.
struct Accepted {
    at: Instant,
    order: String,
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
            Arc::<Mutex<Vec<Accepted>>>::default(),
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

    /// Waits until so many more orders were accepted.
    pub(crate) fn wait_for_more(&self, more: usize, limit: Duration) -> Result<(), Failed> {
        let before = self.accepted();
        wait::until(&format!("{more} more orders"), limit, || {
            let now = self.accepted() - before;
            if now >= more { Ok(()) } else { Err(now.to_string()) }
        })?;
        Ok(())
    }

    /// The orders that were accepted so far.
    pub(crate) fn orders(&self) -> Vec<String> {
        lock(&self.accepted)
            .iter()
            .map(|accepted| accepted.order.clone())
            .collect()
    }

    /// The longest time since `begun` in which no order was accepted.
    pub(crate) fn longest_silence(&self, begun: Instant) -> Duration {
        let mut times: Vec<Instant> = lock(&self.accepted).iter().map(|accepted| accepted.at).collect();
        times.extend([begun, Instant::now()]);
        times.retain(|time| *time >= begun);
        times.sort_unstable();
        let gaps = times.windows(2).map(|pair| pair[1].duration_since(pair[0]));
        gaps.max().unwrap_or_default()
    }

    /// The orders that were accepted, and those that were not, in the order of time.
    pub(crate) fn stop(mut self) -> Result<(Vec<String>, Vec<Refused>), Failed> {
        self.closing.store(true, Ordering::Relaxed);
        let mut refused = Vec::new();
        for thread in std::mem::take(&mut self.threads) {
            refused.extend(thread.join().map_err(|_| "a customer's thread panicked")?);
        }
        refused.sort_by_key(|refused| refused.at);
        Ok((self.orders(), refused))
    }
}

fn lock(accepted: &Mutex<Vec<Accepted>>) -> MutexGuard<'_, Vec<Accepted>> {
    accepted.lock().unwrap_or_else(PoisonError::into_inner)
}

fn order_on(
    shop: &Shop,
    number: usize,
    closing: &AtomicBool,
    accepted: &Mutex<Vec<Accepted>>,
) -> Vec<Refused> {
    let mut refused = Vec::new();
    let order = json!({ "item": "통닭", "storeId": 1, "customerId": format!("c{number}") });
    while !closing.load(Ordering::Relaxed) {
        match shop.order(&order) {
            Ok(order) => lock(accepted).push(Accepted {
                at: Instant::now(),
                order,
            }),
            Err(failure) => refused.push(Refused {
                at: Instant::now(),
                why: failure.to_string(),
            }),
        }
        // The pace of the customers, not a wait for anything.
        thread::sleep(Duration::from_millis(100));
    }
    refused
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
