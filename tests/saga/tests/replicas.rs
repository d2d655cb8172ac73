//! Several replicas of the consumers.

use crate::shop::{self, DELIVERY, NEWS};
use anyhow::{Result, ensure};
use fdp_saga::{Client, Platform, wait};

const SERVICES: [&str; 4] = ["inventory", "customer", "store", "order"];
const ORDERS: u64 = 40;

pub(crate) fn share_the_work(platform: &mut Platform) -> Result<()> {
    let gateway = platform.gateway();
    shop::stock_up(&gateway, "6001", 1000)?;
    let mut replicas = Vec::new();
    // Two more of each, the second ones at the end: of the first ones some leave while the work goes on.
    for _ in 0..2 {
        for service in SERVICES {
            replicas.push(platform.start_replica(service)?);
        }
    }
    for replica in &replicas {
        platform.wait_ready(replica)?;
    }
    let mut orders = Vec::new();
    let works = |replica: &String, client: &Client| -> Result<bool> { Ok(consumed(replica, client)? > 0) };
    // A replica has work only when the group has given it partitions, so orders go on until then.
    wait::until("every replica to have had an event", DELIVERY, || {
        let number = orders.len();
        orders.push(shop::place(
            &gateway,
            &shop::basket("6001", 1, &format!("pair-{number}")),
        )?);
        for replica in &replicas {
            if !works(replica, &platform.client(replica))? {
                return Ok(None);
            }
        }
        Ok(Some(()))
    })?;
    let mut cancelled = 0;
    for number in 0..ORDERS {
        let id = shop::place(&gateway, &shop::basket("6001", 1, &format!("pair-{number}")))?;
        if number % 4 == 0 {
            gateway.delete(&format!("/orders/{id}"))?.expect(200)?;
            cancelled += 1;
        }
        orders.push(id);
        // One replica leaves in an orderly way and one dies, both with work in hand.
        if number == ORDERS / 2 {
            platform.stop_service(&replicas[0])?;
            platform.crash_service(&replicas[1])?;
        }
    }
    let stories = shop::settled(platform, &orders, DELIVERY)?;
    for replica in &replicas[2..] {
        platform.stop_service(replica)?;
    }
    ensure!(
        shop::count(&stories, "Cancelled") == cancelled,
        "not exactly the {cancelled} that were cancelled are"
    );
    let delivered = shop::count(&stories, "Delivered");
    ensure!(
        delivered + cancelled == orders.len(),
        "{delivered} delivered of {}",
        orders.len()
    );
    wait::until("what the replicas left to be taken over", NEWS, || {
        Ok((shop::stock(&gateway, "6001")? == 1000 - delivered as u64).then_some(()))
    })
}

/// How many events a replica has handled, by its own metrics.
fn consumed(replica: &str, client: &Client) -> Result<u64> {
    let metrics = client.get("/metrics")?.expect(200)?.plain;
    ensure!(!metrics.is_empty(), "{replica} gives no metrics");
    Ok(metrics
        .lines()
        .filter(|line| line.starts_with("events_consumed_total{") && line.contains("\"handled\""))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        .sum())
}
