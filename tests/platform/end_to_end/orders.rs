//! Tests what a customer can do through the gateway.

use crate::World;
use fdp_local::shop::TO_THE_DOOR;
use libtest_mimic::Failed;
use serde_json::json;
use std::time::Duration;

const SETTLED: Duration = Duration::from_secs(30);

pub(crate) fn an_order_is_paid_cooked_and_delivered(world: &World) -> Result<(), Failed> {
    let shop = &world.shop;
    let registered = shop.post(
        "/inventories",
        &json!({"productId": 1001, "productName": "TV", "stock": 100}),
    )?;
    registered.expect(201)?;
    let order =
        shop.order(&json!({"productId": "1001", "productName": "TV", "qty": "5", "customerId": "100"}))?;
    shop.wait_for_state(&order, "Delivered", TO_THE_DOOR, &mut |_| {})?;
    shop.wait_for_payment(&order, "Approved", SETTLED)?;
    shop.wait_for_stock(1001, 95, SETTLED)?;
    let delivery = shop.get(&format!("/deliveries/{order}"))?.expect(200)?;
    if delivery["state"] != "Delivered" {
        return Err(format!("the delivery reads {delivery}").into());
    }
    Ok(())
}

pub(crate) fn the_other_body_of_an_order_works_too(world: &World) -> Result<(), Failed> {
    let order = world.shop.order(&json!({"item": "통닭", "storeId": 1}))?;
    world
        .shop
        .wait_for_state(&order, "Delivered", TO_THE_DOOR, &mut |_| {})?;
    Ok(())
}

pub(crate) fn an_order_cancelled_at_once_is_refunded_and_restocked(world: &World) -> Result<(), Failed> {
    let shop = &world.shop;
    shop.stock_up(1002, "Radio", 10)?;
    let order =
        shop.order(&json!({"productId": 1002, "productName": "Radio", "qty": 3, "customerId": 100}))?;
    let cancelled = shop.delete(&format!("/orders/{order}"))?.expect(200)?;
    if cancelled["state"] != "Cancelled" {
        return Err(format!("the answer to DELETE reads {cancelled}").into());
    }
    shop.wait_for_payment(&order, "Refunded", SETTLED)?;
    shop.wait_for_stock(1002, 10, SETTLED)?;
    Ok(())
}
