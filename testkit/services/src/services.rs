//! The services' binaries, what each is told by its environment, and what it subscribes to.

use anyhow::{Result, bail};
use std::path::PathBuf;

/// All services, in the order in which they are started.
pub const NAMES: [&str; 9] = [
    "pay",
    "order",
    "store",
    "delivery",
    "inventory",
    "customer",
    "marketing",
    "frontend",
    "gateway",
];

/// Services with a database of their own, named like the service.
pub const WITH_DATABASE: [&str; 8] = [
    "pay",
    "order",
    "store",
    "delivery",
    "inventory",
    "customer",
    "marketing",
    "frontend",
];

/// Topics that carry events.
pub const TOPICS: [&str; 5] = [
    "fooddelivery.order",
    "fooddelivery.pay",
    "fooddelivery.store",
    "fooddelivery.delivery",
    "fooddelivery.inventory",
];

/// Which topics each consumer group reads.
pub const SUBSCRIPTIONS: [(&str, &[&str]); 8] = [
    (
        "order",
        &[
            "fooddelivery.store",
            "fooddelivery.delivery",
            "fooddelivery.inventory",
        ],
    ),
    ("pay", &["fooddelivery.order"]),
    ("store", &["fooddelivery.order"]),
    ("delivery", &["fooddelivery.order", "fooddelivery.store"]),
    ("inventory", &["fooddelivery.order"]),
    ("customer", &["fooddelivery.order"]),
    ("marketing", &["fooddelivery.order"]),
    ("frontend", &["fooddelivery.order", "fooddelivery.inventory"]),
];

/// The variable that tells a service where `name` is: `ORDER_URL`.
pub fn url_variable(name: &str) -> String {
    format!("{}_URL", name.to_uppercase())
}

/// The directory of this checkout's binaries.
///
/// # Errors
/// When a binary is missing: the message says how to build it.
pub fn binaries() -> Result<PathBuf> {
    let directory = fdp_checkout::programs();
    let missing: Vec<&str> = NAMES
        .into_iter()
        .chain(["setup"])
        .filter(|name| !directory.join(name).is_file())
        .collect();
    if !missing.is_empty() {
        bail!(
            "there is no binary of {} in {}: run `cargo build --workspace` first",
            missing.join(", "),
            directory.display()
        );
    }
    Ok(directory)
}
