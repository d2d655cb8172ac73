//! Tests events that are delivered more than once.

use crate::shop::{self, DELIVERY_TIMEOUT};
use anyhow::{Result, ensure};
use fdp_test_services::{Platform, services};
use serde_json::json;

const PRODUCT: &str = "8001";

pub(crate) fn changes_nothing(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    shop::stock_up(&gateway, PRODUCT, 10)?;
    let delivered = shop::place(&gateway, &shop::basket(PRODUCT, 2, "again"))?;
    let cancelled = shop::place(&gateway, &shop::basket(PRODUCT, 3, "again"))?;
    gateway.delete(&format!("/orders/{cancelled}"))?.expect(200)?;
    let rejected = shop::place(&gateway, &shop::basket(PRODUCT, 11, "again"))?;
    let orders = [delivered, cancelled, rejected];
    let before = shop::settled(platform, &orders, DELIVERY_TIMEOUT)?;
    let favourites = "/recommendations?customerId=again";
    let recommended = gateway.get(favourites)?.expect(200)?.body;

    let mut repeated = 0;
    for topic in services::topic::EVENTS {
        for record in platform.kafka().records(topic)? {
            if orders.contains(&record.key) || record.key == PRODUCT {
                platform
                    .kafka()
                    .publish(topic, None, &record.key, &record.payload)?;
                repeated += 1;
            }
        }
    }
    ensure!(repeated > 20, "only {repeated} events were found to repeat");

    let after = shop::settled(platform, &orders, DELIVERY_TIMEOUT)?;
    for (before, after) in before.iter().zip(&after) {
        ensure!(
            before == after,
            "a repeated event changed something: {before:?} became {after:?}"
        );
    }
    ensure!(shop::stock(&gateway, PRODUCT)? == 8, "the stock changed");
    ensure!(
        gateway.get(favourites)?.expect(200)?.body == recommended,
        "the recommendations changed"
    );
    ensure!(recommended != json!([]), "there are no recommendations at all");
    Ok(())
}
