//! Tests that the platform recovers when pods are deleted, and that no order is lost.

use crate::pods::{OF_PLATFORM, pods};
use crate::{World, evidence};
use fdp_local::install::{self, NAMESPACE};
use fdp_local::kubectl::Kubectl;
use fdp_local::wait;
use libtest_mimic::Failed;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

const HEALED: Duration = Duration::from_mins(2);

/// Deletes every pod of the platform, component by component, while customers order.
pub(crate) fn any_pod_may_die_and_no_order_is_lost(world: &World) -> Result<(), Failed> {
    let closing = Arc::new(AtomicBool::new(false));
    let accepted = Arc::new(Mutex::new(Vec::new()));
    let customers = {
        let (shop, closing, accepted) = (world.shop.clone(), Arc::clone(&closing), Arc::clone(&accepted));
        std::thread::spawn(move || {
            let mut refused = 0_u32;
            while !closing.load(Ordering::Relaxed) {
                // An order may be rejected while a part is down; only a 201 is a guarantee.
                match shop.order(&json!({"item": "통닭", "storeId": 1, "customerId": "hungry"})) {
                    Ok(order) => lock(&accepted).push(order),
                    Err(_) => refused += 1,
                }
                // The rate of orders, not a wait for a condition.
                std::thread::sleep(Duration::from_millis(250));
            }
            refused
        })
    };
    let hurt = hurt_every_component(world);
    closing.store(true, Ordering::Relaxed);
    let refused = customers.join().map_err(|_| "the customers' thread panicked")?;
    hurt?;
    let accepted = lock(&accepted).clone();
    println!(
        "{} orders were accepted and {refused} refused while every pod died once",
        accepted.len()
    );
    if accepted.len() < 10 {
        return Err(format!(
            "only {} orders were accepted: this proves nothing",
            accepted.len()
        )
        .into());
    }
    for order in &accepted {
        arrived(world, order).inspect_err(|_| evidence::tell_about(world, order))?;
    }
    Ok(())
}

fn arrived(world: &World, order: &str) -> fdp_local::failure::Result<()> {
    let shop = &world.shop;
    shop.wait_for_state(order, "Delivered", HEALED, &mut |_| {})?;
    shop.wait_for_payment(order, "Approved", Duration::from_secs(10))
}

fn hurt_every_component(world: &World) -> Result<(), Failed> {
    let kubectl = &world.platform.kubectl;
    let components: BTreeSet<String> = pods(kubectl, OF_PLATFORM)?
        .iter()
        .filter_map(|pod| label(pod, "app.kubernetes.io/name"))
        .collect();
    for wanted in ["kafka", "postgres", "order", "pay", "gateway"] {
        if !components.contains(wanted) {
            return Err(format!("there is no pod of the component {wanted}, only {components:?}").into());
        }
    }
    for component in components.iter().filter(|component| *component != "setup") {
        let doomed: BTreeSet<String> = uids(kubectl, component)?;
        let selector = format!("app.kubernetes.io/name={component}");
        kubectl.run(&[
            "delete",
            "pods",
            "--namespace",
            NAMESPACE,
            "--selector",
            &selector,
            "--wait=false",
        ])?;
        wait::until(
            &format!("new pods of {component} in place of the deleted ones"),
            HEALED,
            || {
                let now = uids(kubectl, component)
                    .map_err(|failure| failure.message().unwrap_or_default().to_owned())?;
                if !now.is_empty() && now.is_disjoint(&doomed) {
                    Ok(())
                } else {
                    Err(format!("{now:?}"))
                }
            },
        )?;
        install::wait_until_ready(kubectl, HEALED, &mut |_| {})?;
    }
    Ok(())
}

fn uids(kubectl: &Kubectl, component: &str) -> Result<BTreeSet<String>, Failed> {
    Ok(pods(kubectl, OF_PLATFORM)?
        .iter()
        .filter(|pod| label(pod, "app.kubernetes.io/name").as_deref() == Some(component))
        .filter_map(|pod| pod["metadata"]["uid"].as_str().map(str::to_owned))
        .collect())
}

fn label(pod: &Value, name: &str) -> Option<String> {
    pod["metadata"]["labels"][name].as_str().map(str::to_owned)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
