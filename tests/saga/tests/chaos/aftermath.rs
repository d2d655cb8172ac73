//! What must be true when all has come to rest after the crashes.

use super::customers::Receipts;
use super::{AFTERWARDS, PRODUCT, STOCK};
use crate::shop::{self, DELIVERY, NEWS};
use anyhow::{Context, Result, ensure};
use fdp_saga::services::SUBSCRIPTIONS;
use fdp_saga::{Client, Platform, Story};

/// Every order that exists has ended and is told the same way by everyone; every purchase that was confirmed
/// is among them, and ended as its customer was told; each key made one order at most; no money is kept for
/// nothing, no stock is lost, and no event was given up.
pub(super) fn check(platform: &mut Platform, receipts: &[Receipts], buried: i64) -> Result<()> {
    let gateway = platform.gateway();
    let mut existing = orders_of(&gateway, AFTERWARDS)?;
    for customer in receipts {
        // Also those whose 201 was lost on the way.
        let orders = orders_of(&gateway, &customer.name)?;
        ensure!(
            orders.len() as u64 <= customer.keys,
            "{} used {} keys and has {} orders",
            customer.name,
            customer.keys,
            orders.len()
        );
        for purchase in &customer.purchases {
            ensure!(
                orders.contains(&purchase.order_id),
                "{} was confirmed and does not exist",
                purchase.order_id
            );
        }
        existing.extend(orders);
    }
    platform.wait_no_orphaned_payment(NEWS)?;
    let stories = shop::settled(platform, &existing, DELIVERY)?;
    ended_as_told(receipts, &stories)?;

    let delivered = shop::count(&stories, "Delivered");
    let left = shop::stock(&gateway, PRODUCT)?;
    ensure!(
        left == STOCK - delivered as u64,
        "{delivered} of {STOCK} were delivered, and {left} are left"
    );
    ensure!(
        dead_letters(platform)? == buried,
        "a passing outage made a consumer give up an event"
    );
    let keys: u64 = receipts.iter().map(|customer| customer.keys).sum();
    let confirmed: usize = receipts.iter().map(|customer| customer.purchases.len()).sum();
    println!(
        "  {keys} tries, {confirmed} confirmed; {} orders in all: {delivered} delivered, {} cancelled",
        stories.len(),
        shop::count(&stories, "Cancelled"),
    );
    ensure!(
        confirmed as u64 > keys / 3,
        "hardly any order was confirmed, so this proves little"
    );
    Ok(())
}

fn ended_as_told(receipts: &[Receipts], stories: &[Story]) -> Result<()> {
    for purchase in receipts.iter().flat_map(|customer| &customer.purchases) {
        let story = stories
            .iter()
            .find(|story| story.order["orderId"] == purchase.order_id.as_str())
            .with_context(|| format!("{} has no story", purchase.order_id))?;
        ensure!(
            purchase.may_end(story.state()),
            "{purchase:?} ended as {}",
            story.state()
        );
    }
    Ok(())
}

fn orders_of(gateway: &Client, customer: &str) -> Result<Vec<String>> {
    let list = gateway
        .get(&format!("/orders?customerId={customer}&limit=200"))?
        .expect(200)?;
    let orders = list.body.as_array().context("a list of orders")?;
    Ok(orders
        .iter()
        .filter_map(|order| order["orderId"].as_str().map(str::to_owned))
        .collect())
}

/// How many events the consumers have given up so far.
pub(super) fn dead_letters(platform: &mut Platform) -> Result<i64> {
    SUBSCRIPTIONS
        .iter()
        .map(|(group, _)| {
            platform
                .kafka()
                .count(&format!("fooddelivery.dead-letter.{group}"))
        })
        .sum()
}
