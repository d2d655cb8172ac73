//! Tests that marketing builds its data from events alone, and that no other service depends on it.

use crate::shop::{self, DELIVERY_TIMEOUT};
use anyhow::{Result, ensure};
use fdp_test_services::Platform;
use serde_json::json;

/// Rows without an order carry no information, and need not be restored.
const COUNTS: &str = "SELECT customer_id, product_key, product_name, orders FROM orders_by_product \
     WHERE orders > 0 ORDER BY customer_id, product_key";

pub(crate) fn gives_the_same(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    let dish = |customer: &str| json!({"item": "비빔밥", "customerId": customer});
    let mut orders = Vec::new();
    for customer in ["loyal", "loyal", "fickle"] {
        orders.push(shop::place(&gateway, &dish(customer))?);
    }
    gateway.delete(&format!("/orders/{}", orders[2]))?.expect(200)?;
    shop::settled(platform, &orders, DELIVERY_TIMEOUT)?;
    let counts = platform.postgres().query("marketing", COUNTS)?;
    ensure!(
        counts
            .iter()
            .any(|row| row["customer_id"] == "loyal" && row["orders"] == 2),
        "the orders were not counted: {counts:?}"
    );

    // As after a bug in an earlier version; orders continue to arrive during the rebuild.
    platform
        .postgres()
        .execute("marketing", "UPDATE orders_by_product SET orders = orders + 7")?;
    let meanwhile = shop::place(&gateway, &dish("late"))?;
    let words = platform.run("marketing", &["rebuild"])?;
    println!("  {}", words.trim());
    shop::settled(platform, [&meanwhile], DELIVERY_TIMEOUT)?;

    let mut rebuilt = platform.postgres().query("marketing", COUNTS)?;
    let late = rebuilt
        .iter()
        .position(|row| row["customer_id"] == "late")
        .map(|index| rebuilt.remove(index));
    ensure!(
        late.is_some_and(|row| row["orders"] == 1),
        "the order that came in meanwhile is not counted once"
    );
    ensure!(rebuilt == counts, "{rebuilt:?} came out, and it was {counts:?}");
    Ok(())
}

pub(crate) fn marketing_is_missed_by_nobody(platform: &mut Platform) -> Result<()> {
    platform.stop_service("marketing")?;
    let gateway = platform.gateway();
    let order = shop::place(&gateway, &json!({"item": "통닭", "customerId": "unadvised"}))?;
    let ended = shop::wait_final(&gateway, &order, DELIVERY_TIMEOUT)?;
    ensure!(
        ended == "Delivered",
        "without marketing the order ended as {ended}"
    );
    gateway.get("/")?.expect(200)?;
    platform.start_service("marketing")?;
    platform.wait_ready("marketing")?;
    shop::settled(platform, [&order], DELIVERY_TIMEOUT)?;
    Ok(())
}
