//! Orders while pay is down, or hangs.

use crate::shop::{self, DELIVERY, NEWS};
use anyhow::{Context, Result, ensure};
use fdp_saga::{Answer, Client, Platform, wait};
use serde_json::json;
use std::time::{Duration, Instant};

/// Two calls of 610 ms, and what the machine adds when it is busy.
const PATIENCE: Duration = Duration::from_secs(4);

pub(crate) fn down_and_up(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    shop::stock_up(&gateway, "4001", 100)?;
    platform.crash_service("pay")?;
    for _ in 0..3 {
        is_put_off(&gateway, "unlucky")?;
    }
    no_orders(&gateway, "unlucky")?;

    platform.start_service("pay")?;
    let body = shop::basket("4001", 1, "lucky");
    let id = wait::until("an order to be accepted again", NEWS, || {
        shop::place(&gateway, &body).map(Some)
    })?;
    let stories = shop::settled(platform, [&id], DELIVERY)?;
    ensure!(stories[0].state() == "Delivered", "{}", stories[0].order);
    no_orders(&gateway, "unlucky")?;
    platform.wait_no_orphaned_payment(NEWS)
}

/// Pay takes the requests and answers none of them; when it goes on, it approves payments that the order
/// service has given up.
pub(crate) fn hanging(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    let before = voided(platform)?;
    platform.hang_service("pay")?;
    is_put_off(&gateway, "patient")?;
    platform.resume_service("pay")?;
    wait::until("the payment that came too late to be voided", NEWS, || {
        Ok((voided(platform)? > before).then_some(()))
    })?;
    no_orders(&gateway, "patient")?;
    platform.wait_no_orphaned_payment(NEWS)?;
    let id = wait::until("an order to be accepted again", NEWS, || {
        shop::place(&gateway, &json!({"item": "비빔밥", "customerId": "patient"})).map(Some)
    })?;
    shop::settled(platform, [&id], DELIVERY).map(|_| ())
}

fn is_put_off(gateway: &Client, customer: &str) -> Result<Answer> {
    let started = Instant::now();
    let answer = gateway
        .post("/orders", &shop::basket("4001", 1, customer))?
        .expect_problem(503)?;
    let seconds: u64 = answer
        .headers
        .get("retry-after")
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .context("the answer does not say when to try again")?;
    ensure!((1..=60).contains(&seconds), "Retry-After is {seconds}");
    ensure!(
        started.elapsed() < PATIENCE,
        "the customer waited {:?}",
        started.elapsed()
    );
    Ok(answer)
}

fn no_orders(gateway: &Client, customer: &str) -> Result<()> {
    let orders = gateway
        .get(&format!("/orders?customerId={customer}"))?
        .expect(200)?;
    ensure!(orders.body == json!([]), "there are orders: {}", orders.body);
    Ok(())
}

fn voided(platform: &mut Platform) -> Result<i64> {
    platform
        .postgres()
        .number("pay", "SELECT count(*) FROM payments WHERE state = 'Voided'")
}
