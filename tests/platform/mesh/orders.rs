//! The whole way of an order, with Istio between all who take part.

use crate::world::World;
use fdp_local::shop::TO_THE_DOOR;
use fdp_local::wait;
use libtest_mimic::Failed;
use serde_json::json;
use std::time::Duration;

const SETTLED: Duration = Duration::from_secs(30);
const OPEN: Duration = Duration::from_mins(1);

pub(crate) fn an_order_comes_in_by_istios_gateway_and_gets_to_the_door(world: &World) -> Result<(), Failed> {
    let shop = &world.shop;
    // Istio tells its gateway of the platform's routes a moment after they are written.
    wait::until("Istio's gateway to lead to the platform", OPEN, || {
        let answer = shop.get("/inventories").and_then(|answer| answer.expect(200));
        answer.map(drop).map_err(|failure| failure.to_string())
    })?;
    shop.stock_up(1001, "TV", 100)?;
    let body = json!({"productId": "1001", "productName": "TV", "qty": "5", "customerId": "100"});
    let order = shop.order(&body)?;
    shop.wait_for_state(&order, "Delivered", TO_THE_DOOR, &mut |_| {})?;
    shop.wait_for_payment(&order, "Approved", SETTLED)?;
    shop.wait_for_stock(1001, 95, SETTLED)?;
    Ok(())
}
