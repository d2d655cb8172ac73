//! Taking an order back: in time, and too late.

use crate::shop::{self, DELIVERY};
use anyhow::{Result, ensure};
use fdp_saga::Platform;

pub(crate) fn at_once(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    shop::stock_up(&gateway, "2001", 10)?;
    let id = shop::place(&gateway, &shop::basket("2001", 4, "cancels"))?;
    let cancelled = gateway.delete(&format!("/orders/{id}"))?.expect(200)?;
    ensure!(cancelled.text("state")? == "Cancelled", "{}", cancelled.body);
    // Asking again is no mistake.
    gateway.delete(&format!("/orders/{id}"))?.expect(200)?;

    let stories = shop::settled(platform, [&id], DELIVERY)?;
    ensure!(stories[0].state() == "Cancelled", "{}", stories[0].order);
    ensure!(
        stories[0].payments[0]["state"] == "Refunded",
        "{:?}",
        stories[0].payments
    );
    let stock = shop::stock(&gateway, "2001")?;
    ensure!(stock == 10, "of 10 only {stock} came back");
    Ok(())
}

pub(crate) fn too_late(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    shop::stock_up(&gateway, "2002", 10)?;
    let id = shop::place(&gateway, &shop::basket("2002", 1, "regrets"))?;
    shop::wait_final(&gateway, &id, DELIVERY)?;
    gateway.delete(&format!("/orders/{id}"))?.expect_problem(409)?;

    let stories = shop::settled(platform, [&id], DELIVERY)?;
    ensure!(stories[0].state() == "Delivered", "{}", stories[0].order);
    gateway.delete("/orders/ord_nonsense")?.expect_problem(400)?;
    gateway
        .delete("/orders/ord_00000000000000000000000000000000")?
        .expect_problem(404)?;
    Ok(())
}
