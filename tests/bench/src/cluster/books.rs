//! Whether payments and orders match, in the databases of the platform.

use anyhow::Result;
use fdp_local::install::{NAMESPACE, PLATFORM};
use fdp_local::kubectl::Kubectl;
use fdp_local::wait;
use std::collections::BTreeSet;
use std::time::Duration;

/// Waits until every payment is settled; the number of approved payments without an order.
///
/// # Errors
/// When that takes longer than `limit`, or a database cannot be read.
pub(super) fn settled(kubectl: &Kubectl, limit: Duration) -> Result<usize> {
    wait::until("every payment to be settled", limit, || {
        let open = select(kubectl, "order", "SELECT order_id FROM payment_intents")
            .map_err(|failure| failure.to_string())?;
        if open.is_empty() {
            Ok(())
        } else {
            Err(format!("{} payments are not settled", open.len()))
        }
    })?;
    let paid = select(
        kubectl,
        "pay",
        "SELECT order_id FROM payments WHERE state = 'Approved'",
    )?;
    let ordered = select(kubectl, "order", "SELECT order_id FROM orders")?;
    Ok(paid.difference(&ordered).count())
}

/// The rows of a query in the database of a service.
fn select(kubectl: &Kubectl, service: &str, query: &str) -> Result<BTreeSet<String>> {
    let pod = format!("{PLATFORM}-postgres-0");
    let printed = kubectl.run(&[
        "exec",
        "--namespace",
        NAMESPACE,
        &pod,
        "--",
        "psql",
        "--username=postgres",
        "--no-align",
        "--tuples-only",
        "--dbname",
        service,
        "--command",
        query,
    ])?;
    Ok(printed.lines().map(str::to_owned).collect())
}
