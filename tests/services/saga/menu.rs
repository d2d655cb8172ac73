//! Tests that stores and the inventory decide what can be ordered, what it is called and what it costs.

use crate::shop::{self, DELIVERY_TIMEOUT, EVENT_TIMEOUT};
use anyhow::{Result, ensure};
use fdp_test_process::wait;
use fdp_test_services::{Answer, Client, Platform};
use serde_json::{Value, json};
use std::time::Instant;

/// A store that no other test orders from.
const STORE: &str = "77";

pub(crate) fn decides(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    for (body, status, kind) in [
        (json!({"item": "통닭", "unitPrice": 1}), 409, "price-changed"),
        (json!({"item": "통닭", "storeId": "999"}), 422, "unknown-store"),
        (json!({"item": "free money"}), 422, "unknown-dish"),
        (
            json!({"productId": "999", "productName": "free money"}),
            422,
            "unknown-product",
        ),
        (json!({"item": "통닭", "quantity": 5}), 422, "bad-request"),
        (json!(["통닭"]), 422, "bad-request"),
        (json!({"item": "\u{202e}닭통"}), 422, "invalid-order"),
    ] {
        let refused = gateway.post("/orders", &body)?;
        is_refused(&refused, status, kind)?;
    }
    let orders = changes_of_the_owner_count(&gateway)?;
    let named = by_any_of_its_names(&gateway)?;
    shop::settled(platform, orders.iter().chain(&named), DELIVERY_TIMEOUT)?;
    Ok(())
}

fn is_refused(answer: &Answer, status: u16, kind: &str) -> Result<()> {
    let told = answer.body["type"].as_str().unwrap_or_default();
    ensure!(
        answer.status == status && told.ends_with(kind),
        "{status} {kind} was expected: {answer:?}"
    );
    Ok(())
}

/// The owner of a new store changes its menu and closes it; orders follow. Gives those that were accepted.
fn changes_of_the_owner_count(gateway: &Client) -> Result<Vec<String>> {
    let store = |open: bool| json!({"name": "분식집", "open": open});
    let menu = |price: u64, available: bool| json!([{"itemId": "gimbap", "name": "김밥", "nameInEnglish": "Gimbap", "price": price, "available": available}]);
    let (path, of_menu) = (format!("/stores/{STORE}"), format!("/stores/{STORE}/menu"));
    let wanted = json!({"item": "gimbap", "storeId": STORE, "qty": 2});
    put(gateway, &path, &store(true))?.expect(201)?;
    let mut orders = Vec::new();
    for price in [3_000, 3_500] {
        put(gateway, &of_menu, &menu(price, true))?.expect(200)?;
        let since = Instant::now();
        wait::until("an order at the new price", EVENT_TIMEOUT, || {
            let told = json!({"item": "gimbap", "storeId": STORE, "qty": 2, "unitPrice": price});
            let answer = gateway.post("/orders", &told)?;
            ensure!(answer.status == 201, "{answer:?}");
            ensure!(answer.body["amount"] == 2 * price, "{answer:?}");
            ensure!(answer.body["lines"][0]["productName"] == "김밥", "{answer:?}");
            orders.push(answer.text("orderId")?);
            Ok(Some(()))
        })?;
        println!("a new price counted after {} ms", since.elapsed().as_millis());
    }
    put(gateway, &of_menu, &menu(3_500, false))?.expect(200)?;
    until_refused(gateway, &wanted, "sold-out", &mut orders)?;
    put(gateway, &path, &store(false))?.expect(200)?;
    until_refused(gateway, &wanted, "store-closed", &mut orders)?;
    // Those that it took before it closed wait for it to open.
    put(gateway, &path, &store(true))?.expect(200)?;
    Ok(orders)
}

fn put(gateway: &Client, path: &str, body: &Value) -> Result<Answer> {
    gateway.send("PUT", path, &[], Some(body))
}

fn until_refused(gateway: &Client, body: &Value, kind: &str, accepted: &mut Vec<String>) -> Result<()> {
    wait::until(&format!("orders to be refused as {kind}"), EVENT_TIMEOUT, || {
        let answer = gateway.post("/orders", body)?;
        if answer.status == 201 {
            accepted.push(answer.text("orderId")?);
            return Ok(None);
        }
        is_refused(&answer, 409, kind).map(Some)
    })
}

/// A dish is ordered by its id, and by its names however they are written, and everybody reads one name.
fn by_any_of_its_names(gateway: &Client) -> Result<Vec<String>> {
    let decomposed = "\u{1110}\u{1169}\u{11bc}\u{1103}\u{1161}\u{11b0}";
    let names = ["통닭", decomposed, "chicken", "whole fried chicken"];
    let orders = names.iter().map(|name| {
        let answer = gateway.post("/orders", &json!({"item": name}))?.expect(201)?;
        ensure!(answer.body["amount"] == 18_000, "{answer:?}");
        ensure!(answer.body["lines"][0]["productName"] == "통닭", "{answer:?}");
        answer.text("orderId")
    });
    orders.collect()
}
