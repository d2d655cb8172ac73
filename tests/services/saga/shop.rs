//! The requests of a customer, and functions that wait for their effects.

use anyhow::{Context, Result, ensure};
use fdp_test_process::wait;
use fdp_test_services::story::is_final;
use fdp_test_services::{Answer, Client, Platform, Story, history};
use serde_json::{Value, json};
use std::time::Duration;

/// The timeout for an order to be delivered.
pub(crate) const DELIVERY_TIMEOUT: Duration = Duration::from_mins(1);
/// The timeout for an event to reach another service.
pub(crate) const EVENT_TIMEOUT: Duration = Duration::from_secs(30);

/// Sets the stock of a product.
pub(crate) fn stock_up(gateway: &Client, product: &str, stock: u64) -> Result<()> {
    let body = json!({"productId": product, "productName": format!("Product {product}"), "stock": stock});
    gateway.post("/inventories", &body)?.expect(201)?;
    Ok(())
}

/// How many of a product can still be ordered.
pub(crate) fn stock(gateway: &Client, product: &str) -> Result<u64> {
    let answer = gateway.get(&format!("/inventories/{product}"))?.expect(200)?;
    answer.body["stock"]
        .as_u64()
        .with_context(|| format!("the product has no stock: {}", answer.body))
}

/// The request body of an order for `qty` of `product`.
pub(crate) fn basket(product: &str, qty: u64, customer: &str) -> Value {
    json!({"productId": product, "productName": format!("Product {product}"), "qty": qty,
        "customerId": customer})
}

/// Places an order, and returns its id. Waits for the order service to hear of a product that is new.
pub(crate) fn place(gateway: &Client, body: &Value) -> Result<String> {
    wait::until("the product to be known", EVENT_TIMEOUT, || {
        let answer = gateway.post("/orders", body)?;
        let kind = answer.body["type"].as_str().unwrap_or_default();
        if kind.ends_with(":unknown-product") {
            return Ok(None);
        }
        answer.expect(201)?.text("orderId").map(Some)
    })
}

/// The order service's response about an order.
pub(crate) fn order(gateway: &Client, id: &str) -> Result<Answer> {
    gateway.get(&format!("/orders/{id}"))?.expect(200)
}

/// Waits until the order is in a final state, and returns that state.
pub(crate) fn wait_final(gateway: &Client, id: &str, deadline: Duration) -> Result<String> {
    let mut last = String::new();
    wait::until(&format!("{id} to end"), deadline, || {
        last = order(gateway, id)?.text("state")?;
        ensure!(is_final(&last), "it is {last}");
        Ok(Some(last.clone()))
    })
}

/// Waits until all `orders` have ended and nothing is in progress, and returns their stories after checking that all
/// services and the order topic agree.
pub(crate) fn settled<'a>(
    platform: &mut Platform,
    orders: impl IntoIterator<Item = &'a String>,
    deadline: Duration,
) -> Result<Vec<Story>> {
    let stories = at_rest(platform, orders, deadline)?;
    agree(platform, &stories)?;
    Ok(stories)
}

/// Waits until all `orders` have ended and nothing is in progress, and returns their stories without checks.
pub(crate) fn at_rest<'a>(
    platform: &mut Platform,
    orders: impl IntoIterator<Item = &'a String>,
    deadline: Duration,
) -> Result<Vec<Story>> {
    let gateway = platform.gateway();
    let orders: Vec<&String> = orders.into_iter().collect();
    for id in &orders {
        wait_final(&gateway, id, deadline)?;
    }
    platform.wait_at_rest(deadline)?;
    orders.into_iter().map(|id| Story::read(&gateway, id)).collect()
}

/// Fails unless all services and the order topic agree about each of `stories`.
pub(crate) fn agree(platform: &mut Platform, stories: &[Story]) -> Result<()> {
    stories.iter().try_for_each(Story::agrees)?;
    let orders = stories.iter().map(|story| (story.id(), story.version()));
    history::is_told_in_order(&platform.kafka().records("fooddelivery.order")?, orders)
}

/// The number of `stories` that ended in `state`.
pub(crate) fn count(stories: &[Story], state: &str) -> usize {
    stories.iter().filter(|story| story.state() == state).count()
}
