//! Tests several replicas of the consumers.

use crate::shop::{self, DELIVERY_TIMEOUT, EVENT_TIMEOUT};
use anyhow::{Context, Result, ensure};
use fdp_test_process::wait;
use fdp_test_services::{Client, Platform};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

const SERVICES: [&str; 4] = ["inventory", "customer", "store", "order"];
const PRODUCT: &str = "6001";
const STOCK: u64 = 100_000;
/// The number of orders before the first replica starts, and around the time when some stop.
const ORDERS: u64 = 20;
/// A customer's delay between two orders.
const THOUGHT: Duration = Duration::from_millis(40);

/// Orders continue all the time: with one replica of each consumer, while two more join, while they work and while
/// some of them stop.
pub(crate) fn share_the_work(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    shop::stock_up(&gateway, PRODUCT, STOCK)?;
    let placed = AtomicU64::new(0);
    let (open, closing) = mpsc::channel::<()>();
    let (replicas, bought) = thread::scope(|scope| -> Result<_> {
        let (shop, count) = (&gateway, &placed);
        let shopper = scope.spawn(move || shop_until(&closing, shop, count));
        let replicas = come_and_go(platform, &placed, &shopper);
        drop(open);
        let bought = shopper.join().ok().context("the customer panicked")?;
        Ok((replicas?, bought?))
    })?;
    let stories = shop::settled(platform, &bought.orders, DELIVERY_TIMEOUT)?;
    for replica in &replicas {
        platform.stop_service(replica)?;
    }
    ensure!(
        shop::count(&stories, "Cancelled") == bought.cancelled,
        "not exactly the {} that were cancelled are",
        bought.cancelled
    );
    let delivered = shop::count(&stories, "Delivered");
    ensure!(
        delivered + bought.cancelled == bought.orders.len(),
        "{delivered} delivered of {}",
        bought.orders.len()
    );
    wait::until("what the replicas left to be taken over", EVENT_TIMEOUT, || {
        Ok((shop::stock(&gateway, PRODUCT)? == STOCK - delivered as u64).then_some(()))
    })
}

/// Starts two more replicas of each consumer, then stops one and kills one while all have work in progress; returns
/// those that remain.
fn come_and_go(
    platform: &mut Platform,
    placed: &AtomicU64,
    shopper: &ScopedJoinHandle<'_, Result<Bought>>,
) -> Result<Vec<String>> {
    let more_orders = || {
        let target = placed.load(Ordering::Relaxed) + ORDERS;
        wait::until("more orders", DELIVERY_TIMEOUT, || {
            let enough = placed.load(Ordering::Relaxed) >= target;
            Ok((enough || shopper.is_finished()).then_some(()))
        })?;
        ensure!(!shopper.is_finished(), "the customer has stopped to order");
        Ok(())
    };
    more_orders()?;
    let mut replicas = Vec::new();
    // The second replicas go to the end of the list: some of the first ones are stopped during the work.
    for _ in 0..2 {
        for service in SERVICES {
            replicas.push(platform.start_replica(service)?);
        }
    }
    for replica in &replicas {
        platform.wait_ready(replica)?;
    }
    // A replica has work only after the group has assigned partitions to it.
    wait::until("every replica to have had an event", DELIVERY_TIMEOUT, || {
        for replica in &replicas {
            ensure!(
                consumed(replica, &platform.client(replica))? > 0,
                "{replica} has had none"
            );
        }
        Ok(Some(()))
    })?;
    more_orders()?;
    platform.stop_service(&replicas[0])?;
    platform.crash_service(&replicas[1])?;
    more_orders()?;
    Ok(replicas.split_off(2))
}

/// The orders of a customer.
#[derive(Debug, Default)]
struct Bought {
    orders: Vec<String>,
    cancelled: usize,
}

/// Orders sequentially until `closing` is disconnected, and cancels every fourth order at once.
fn shop_until(closing: &Receiver<()>, gateway: &Client, placed: &AtomicU64) -> Result<Bought> {
    let mut bought = Bought::default();
    while closing.recv_timeout(THOUGHT) == Err(RecvTimeoutError::Timeout) {
        let number = bought.orders.len();
        let body = shop::basket(PRODUCT, 1, &format!("pair-{}", number % 50));
        let id = shop::place(gateway, &body)?;
        if number % 4 == 0 {
            gateway.delete(&format!("/orders/{id}"))?.expect(200)?;
            bought.cancelled += 1;
        }
        bought.orders.push(id);
        placed.fetch_add(1, Ordering::Relaxed);
    }
    Ok(bought)
}

/// The number of events that a replica has handled, from its metrics.
fn consumed(replica: &str, client: &Client) -> Result<u64> {
    let metrics = client.get("/metrics")?.expect(200)?.plain;
    ensure!(!metrics.is_empty(), "{replica} gives no metrics");
    Ok(metrics
        .lines()
        .filter(|line| line.starts_with("events_consumed_total{") && line.contains("\"handled\""))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        .sum())
}
