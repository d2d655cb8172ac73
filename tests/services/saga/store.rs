//! Tests orders while the store is down.

use crate::shop::{self, DELIVERY_TIMEOUT, EVENT_TIMEOUT};
use anyhow::{Result, ensure};
use fdp_test_process::wait;
use fdp_test_services::Platform;

const ORDERS: u64 = 10;

pub(crate) fn down_and_up(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    shop::stock_up(&gateway, "5001", 100)?;
    platform.stop_service("store")?;
    let orders: Vec<String> = (0..ORDERS)
        .map(|customer| shop::place(&gateway, &shop::basket("5001", 1, &format!("night-{customer}"))))
        .collect::<Result<_>>()?;
    wait::until("the stock to be taken without the store", EVENT_TIMEOUT, || {
        Ok((shop::stock(&gateway, "5001")? == 100 - ORDERS).then_some(()))
    })?;
    for id in &orders {
        let state = shop::order(&gateway, id)?.text("state")?;
        ensure!(state == "Placed", "{id} is {state} though no store is there");
    }

    platform.start_service("store")?;
    let stories = shop::settled(platform, &orders, DELIVERY_TIMEOUT)?;
    ensure!(
        shop::count(&stories, "Delivered") == orders.len(),
        "not all were delivered"
    );
    Ok(())
}
