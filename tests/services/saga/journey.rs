//! Tests the complete life of an order, with both formats of the request body.

use crate::shop::{self, DELIVERY_TIMEOUT};
use anyhow::{Result, ensure};
use fdp_test_services::Platform;
use serde_json::{Value, json};

pub(crate) fn with_a_product(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    let product = json!({"productId": 1001, "productName": "TV", "stock": 100});
    gateway.post("/inventories", &product)?.expect(201)?;

    let body = json!({"productId": "1001", "productName": "TV", "qty": "5", "customerId": "100"});
    let placed = gateway.post("/orders", &body)?.expect(201)?;
    let id = placed.text("orderId")?;
    ensure!(
        placed.text("state")? == "Placed",
        "an order begins as Placed: {}",
        placed.body
    );

    let stories = shop::settled(platform, [&id], DELIVERY_TIMEOUT)?;
    ensure!(stories[0].state() == "Delivered", "{}", stories[0].order);
    ensure!(
        stories[0].order["amount"] == placed.body["amount"],
        "the amount changed on the way"
    );
    ensure!(
        shop::stock(&gateway, "1001")? == 95,
        "5 of 100 should have been taken"
    );

    let mine = gateway.get("/views/orders?customerId=100")?.expect(200)?;
    ensure!(
        mentions(&mine.body, &id),
        "the customer does not see it: {}",
        mine.body
    );
    one_event_per_version(platform, &id, &stories[0].order)
}

/// The topic must contain each change of the order once, and in order.
fn one_event_per_version(platform: &mut Platform, id: &str, order: &Value) -> Result<()> {
    let mut versions = Vec::new();
    for record in platform.kafka().records("fooddelivery.order")? {
        if record.key == id {
            let event: Value = serde_json::from_str(&record.payload)?;
            ensure!(
                event["specversion"] == "1.0" && event["subject"] == id,
                "no proper CloudEvent: {event}"
            );
            versions.push(event["data"]["version"].as_u64().unwrap_or_default());
        }
    }
    let expected: Vec<u64> = (1..=order["version"].as_u64().unwrap_or_default()).collect();
    ensure!(
        versions == expected,
        "published were the versions {versions:?}, not {expected:?}"
    );
    Ok(())
}

pub(crate) fn of_a_dish(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    let id = shop::place(&gateway, &json!({"item": "통닭", "storeId": 1}))?;
    let stories = shop::settled(platform, [&id], DELIVERY_TIMEOUT)?;
    ensure!(stories[0].state() == "Delivered", "{}", stories[0].order);
    ensure!(
        stories[0].order["lines"][0]["productName"] == "통닭",
        "{}",
        stories[0].order
    );
    Ok(())
}

fn mentions(list: &Value, id: &str) -> bool {
    list.as_array()
        .is_some_and(|orders| orders.iter().any(|order| order["orderId"] == id))
}
