//! Tests orders while pay is down, suspended or slow.

use crate::shop::{self, DELIVERY_TIMEOUT, EVENT_TIMEOUT};
use anyhow::{Context, Result, anyhow, ensure};
use fdp_test_process::wait;
use fdp_test_services::{Answer, Client, Platform};
use serde_json::json;
use std::thread;
use std::time::{Duration, Instant};

/// Two calls of 610 ms, with a margin for a busy machine.
const TIMEOUT: Duration = Duration::from_secs(4);
/// About one in twenty-two of their orders exceeds the deadline.
const SLOW_CUSTOMERS: usize = 16;
const SLOW_ORDERS: usize = 4;
/// More failures than the breaker needs to open.
const UNLUCKY: u32 = 10;
/// Once pay is back, orders succeed after the second for which the breaker stays open, with a margin for a busy
/// machine.
const RECOVERY: Duration = Duration::from_secs(5);

pub(crate) fn down_and_up(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    shop::stock_up(&gateway, "4001", 100)?;
    platform.crash_service("pay")?;
    for _ in 0..UNLUCKY {
        is_put_off(&gateway, "unlucky")?;
    }
    no_orders(&gateway, "unlucky")?;
    let (state, shown) = breaker(platform)?;
    ensure!(
        state > 0.0 && !shown,
        "the breaker did not open although pay is down: breaker_state is {state}"
    );
    ensure!(
        intents(platform)? == 0,
        "orders that were never paid left something to settle"
    );

    platform.start_service("pay")?;
    platform.wait_ready("pay")?;
    let body = shop::basket("4001", 1, "lucky");
    let id = wait::until("an order to be accepted again", RECOVERY, || {
        shop::place(&gateway, &body).map(Some)
    })?;
    let (state, shown) = breaker(platform)?;
    ensure!(state == 0.0 && shown, "pay is back, but breaker_state is {state}");
    let stories = shop::settled(platform, [&id], DELIVERY_TIMEOUT)?;
    ensure!(stories[0].state() == "Delivered", "{}", stories[0].order);
    no_orders(&gateway, "unlucky")?;
    platform.wait_no_orphaned_payment(EVENT_TIMEOUT)
}

/// The order service's breaker for pay: its state as a number, and whether `/readyz` reports it as ready.
fn breaker(platform: &Platform) -> Result<(f64, bool)> {
    let order = platform.client("order");
    let metrics = order.get("/metrics")?.expect(200)?.plain;
    let state = metrics
        .lines()
        .find_map(|line| {
            line.strip_prefix(r#"breaker_state{breaker="pay"} "#)?
                .parse()
                .ok()
        })
        .context("order's metrics do not contain the breaker's state")?;
    let ready = order.get("/readyz")?.expect(200)?;
    let shown = ready.body["checks"]["pay breaker"]["ready"]
        .as_bool()
        .with_context(|| format!("/readyz does not contain the breaker: {}", ready.body))?;
    Ok((state, shown))
}

fn intents(platform: &mut Platform) -> Result<i64> {
    platform
        .postgres()
        .number("order", "SELECT count(*) FROM payment_intents")
}

/// Pay receives requests but does not respond; when it is resumed, it approves payments that the order service has
/// given up.
pub(crate) fn hanging(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    let before = voided(platform)?;
    platform.hang_service("pay")?;
    is_put_off(&gateway, "patient")?;
    platform.resume_service("pay")?;
    wait::until(
        "the payment that came too late to be voided",
        EVENT_TIMEOUT,
        || Ok((voided(platform)? > before).then_some(())),
    )?;
    no_orders(&gateway, "patient")?;
    platform.wait_no_orphaned_payment(EVENT_TIMEOUT)?;
    let id = wait::until("an order to be accepted again", EVENT_TIMEOUT, || {
        shop::place(&gateway, &json!({"item": "비빔밥", "customerId": "patient"})).map(Some)
    })?;
    shop::settled(platform, [&id], DELIVERY_TIMEOUT).map(|_| ())
}

/// Pay's responses come close to the deadline, and sometimes after it: a retry succeeds, and no order is rejected.
pub(crate) fn slow(platform: &mut Platform) -> Result<()> {
    let (gateway, drills) = (platform.gateway(), platform.drills());
    for delay_at in ["before", "after"] {
        let drill = json!({"delayMs": {"min": 400, "max": 620}, "delayAt": delay_at, "forSeconds": 600});
        drills.send("PUT", "/drills", &[], Some(&drill))?.expect(200)?;
        let placed = order_side_by_side(&gateway, delay_at);
        drills.delete("/drills")?.expect(204)?;
        let stories = shop::settled(platform, &placed?, DELIVERY_TIMEOUT)?;
        ensure!(
            shop::count(&stories, "Delivered") == stories.len(),
            "not all were delivered"
        );
    }
    platform.wait_no_orphaned_payment(EVENT_TIMEOUT)?;
    let (state, shown) = breaker(platform)?;
    ensure!(
        state == 0.0 && shown,
        "a few late answers opened the breaker: {state}"
    );
    Ok(())
}

/// The ids of the orders of several concurrent customers, each of whom orders several times.
fn order_side_by_side(gateway: &Client, name: &str) -> Result<Vec<String>> {
    let orders: Vec<Vec<String>> = thread::scope(|scope| {
        let customers: Vec<_> = (0..SLOW_CUSTOMERS)
            .map(|customer| {
                let body = json!({"item": "왕만두", "customerId": format!("slow-{name}-{customer}")});
                scope.spawn(move || {
                    (0..SLOW_ORDERS)
                        .map(|_| shop::place(gateway, &body))
                        .collect::<Result<_>>()
                })
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
    Ok(orders.into_iter().flatten().collect())
}

fn is_put_off(gateway: &Client, customer: &str) -> Result<Answer> {
    let started = Instant::now();
    let answer = gateway
        .post("/orders", &shop::basket("4001", 1, customer))?
        .expect_problem(503)?;
    ensure!(
        answer.text("type")? == "urn:fooddelivery:problem:payment-unavailable",
        "{}",
        answer.body
    );
    let seconds: u64 = answer
        .headers
        .get("retry-after")
        .and_then(|value| value.to_str().ok()?.parse().ok())
        .context("the answer does not say when to try again")?;
    ensure!((1..=60).contains(&seconds), "Retry-After is {seconds}");
    ensure!(
        started.elapsed() < TIMEOUT,
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
