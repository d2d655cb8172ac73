//! Tests cancellations, in time and too late.

use crate::shop::{self, DELIVERY_TIMEOUT};
use anyhow::{Result, anyhow, bail, ensure};
use fdp_test_process::wait;
use fdp_test_services::{Client, Platform};
use std::thread;

const RACES: usize = 24;
/// The states in which a cancellation and the rider can race.
const ABOUT_TO_LEAVE: [&str; 4] = ["Ready", "Departing", "Started", "Delivered"];

pub(crate) fn at_once(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    shop::stock_up(&gateway, "2001", 10)?;
    let id = shop::place(&gateway, &shop::basket("2001", 4, "cancels"))?;
    let cancelled = gateway.delete(&format!("/orders/{id}"))?.expect(200)?;
    ensure!(cancelled.text("state")? == "Cancelled", "{}", cancelled.body);
    // A repeated cancellation is not an error.
    gateway.delete(&format!("/orders/{id}"))?.expect(200)?;

    let stories = shop::settled(platform, [&id], DELIVERY_TIMEOUT)?;
    ensure!(stories[0].state() == "Cancelled", "{}", stories[0].order);
    ensure!(
        stories[0].payments[0]["state"] == "Refunded",
        "{:?}",
        stories[0].payments
    );
    let stock = shop::stock(&gateway, "2001")?;
    ensure!(stock == 10, "of 10 only {stock} came back");
    Ok(())
}

pub(crate) fn too_late(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    shop::stock_up(&gateway, "2002", 10)?;
    let id = shop::place(&gateway, &shop::basket("2002", 1, "regrets"))?;
    shop::wait_final(&gateway, &id, DELIVERY_TIMEOUT)?;
    gateway.delete(&format!("/orders/{id}"))?.expect_problem(409)?;

    let stories = shop::settled(platform, [&id], DELIVERY_TIMEOUT)?;
    ensure!(stories[0].state() == "Delivered", "{}", stories[0].order);
    gateway.delete("/orders/ord_nonsense")?.expect_problem(400)?;
    gateway
        .delete("/orders/ord_00000000000000000000000000000000")?
        .expect_problem(404)?;
    Ok(())
}

/// Customers cancel at the time when the rider takes the food: the response to each must match the final state of
/// every service.
pub(crate) fn against_the_rider(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    shop::stock_up(&gateway, "2003", 100)?;
    let told: Vec<(String, &str)> = thread::scope(|scope| {
        let customers: Vec<_> = (0..RACES)
            .map(|customer| {
                let gateway = gateway.clone();
                scope.spawn(move || race(&gateway, customer))
            })
            .collect();
        customers
            .into_iter()
            .map(|customer| {
                customer
                    .join()
                    .unwrap_or_else(|_| Err(anyhow!("a customer panicked")))
            })
            .collect::<Result<_>>()
    })?;
    let stories = shop::settled(platform, told.iter().map(|(id, _)| id), DELIVERY_TIMEOUT)?;
    for ((id, promise), story) in told.iter().zip(&stories) {
        ensure!(
            story.state() == *promise,
            "{id} should be {promise} and is {}",
            story.state()
        );
    }
    for end in ["Cancelled", "Delivered"] {
        ensure!(
            shop::count(&stories, end) > 0,
            "none of {RACES} orders was {end}, so that no cancellation raced with the rider"
        );
    }
    let delivered = shop::count(&stories, "Delivered") as u64;
    let left = shop::stock(&gateway, "2003")?;
    ensure!(
        left == 100 - delivered,
        "{delivered} of 100 were delivered, and {left} are left"
    );
    Ok(())
}

/// Orders, cancels when the rider is about to leave, and returns the final state that the response promises.
fn race(gateway: &Client, customer: usize) -> Result<(String, &'static str)> {
    let id = shop::place(gateway, &shop::basket("2003", 1, &format!("races-{customer}")))?;
    // Some cancel one state later than others.
    let moments = &ABOUT_TO_LEAVE[customer % 3..];
    wait::until("the rider to be about to leave", DELIVERY_TIMEOUT, || {
        let delivery = gateway.get(&format!("/deliveries/{id}"))?.expect(200)?;
        Ok(moments.contains(&delivery.text("state")?.as_str()).then_some(()))
    })?;
    let answer = gateway.delete(&format!("/orders/{id}"))?;
    match answer.status {
        200 => Ok((id, "Cancelled")),
        409 => {
            answer.expect_problem(409)?;
            Ok((id, "Delivered"))
        }
        other => bail!("DELETE of {id} was answered {other}: {}", answer.body),
    }
}
