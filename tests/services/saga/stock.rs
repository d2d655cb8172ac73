//! Tests stock that runs out.

use crate::shop::{self, DELIVERY_TIMEOUT};
use anyhow::{Result, ensure};
use fdp_test_services::Platform;
use std::thread;

pub(crate) fn too_much(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    shop::stock_up(&gateway, "3001", 10)?;
    let id = shop::place(&gateway, &shop::basket("3001", 11, "greedy"))?;
    let stories = shop::settled(platform, [&id], DELIVERY_TIMEOUT)?;
    ensure!(stories[0].state() == "Rejected", "{}", stories[0].order);
    let reason = stories[0].order["reason"].as_str().unwrap_or_default();
    ensure!(
        reason.contains("3001"),
        "the reason does not name the product: '{reason}'"
    );
    ensure!(
        shop::stock(&gateway, "3001")? == 10,
        "a rejected order took stock"
    );
    Ok(())
}

pub(crate) fn the_last_ten(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    shop::stock_up(&gateway, "3002", 10)?;
    let orders: Vec<String> = thread::scope(|scope| {
        let customers: Vec<_> = (0..30)
            .map(|customer| {
                let gateway = gateway.clone();
                let body = shop::basket("3002", 1, &format!("crowd-{customer}"));
                scope.spawn(move || shop::place(&gateway, &body))
            })
            .collect();
        customers
            .into_iter()
            .map(|customer| {
                customer
                    .join()
                    .unwrap_or_else(|_| Err(anyhow::anyhow!("a customer panicked")))
            })
            .collect::<Result<_>>()
    })?;
    let stories = shop::settled(platform, &orders, DELIVERY_TIMEOUT)?;
    ensure!(
        (
            shop::count(&stories, "Delivered"),
            shop::count(&stories, "Rejected")
        ) == (10, 20),
        "{} delivered and {} rejected",
        shop::count(&stories, "Delivered"),
        shop::count(&stories, "Rejected")
    );
    let left = shop::stock(&gateway, "3002")?;
    ensure!(left == 0, "{left} are left");
    Ok(())
}
