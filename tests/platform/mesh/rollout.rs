//! Pods that go take their sidecars along without breaking a request.

use crate::customers::{Customers, all_delivered};
use crate::world::World;
use fdp_local::install::{NAMESPACE, PLATFORM};
use libtest_mimic::Failed;
use std::time::{Duration, Instant};

const ROLLED_OUT: Duration = Duration::from_mins(2);
const DELIVERED: Duration = Duration::from_mins(2);
/// The way of a request for an order.
const ON_THE_WAY: [&str; 3] = ["gateway", "order", "pay"];
/// How many orders are accepted before the first and after the last pod is replaced.
const ORDERS: usize = 20;

pub(crate) fn pods_are_replaced_and_every_order_is_taken(world: &World) -> Result<(), Failed> {
    let (customers, begun) = (Customers::start(&world.shop), Instant::now());
    let replaced = replaced(world, &customers);
    let silence = customers.longest_silence(begun);
    let (accepted, refused) = customers.stop()?;
    replaced?;
    println!(
        "{} orders accepted, {} refused, none for {:.1} s at most",
        accepted.len(),
        refused.len(),
        silence.as_secs_f64()
    );
    if let Some(first) = refused.first() {
        let after = first.at.duration_since(begun).as_secs_f64();
        return Err(format!("refused after {after:.1} s: {}", first.why).into());
    }
    all_delivered(&world.shop, &accepted, DELIVERED).map_err(|(_, failure)| failure)?;
    Ok(())
}

fn replaced(world: &World, customers: &Customers) -> Result<(), Failed> {
    customers.wait_for_more(ORDERS, ROLLED_OUT)?;
    for service in ON_THE_WAY {
        let deployment = format!("deployment/{PLATFORM}-{service}");
        let timeout = format!("--timeout={}s", ROLLED_OUT.as_secs());
        for what in [&["restart", &deployment][..], &["status", &deployment, &timeout]] {
            let here = ["--namespace", NAMESPACE];
            world.kubectl.run(&[&["rollout"], what, &here[..]].concat())?;
        }
    }
    customers.wait_for_more(ORDERS, ROLLED_OUT)
}
