//! The course's load test: a hundred users while pay takes 400 to 620 ms, with a deadline of 610 ms.

use crate::load::Load;
use crate::machine;
use crate::report::{self, Target};
use anyhow::{Context, Result, ensure};
use fdp_test_process::wait;
use fdp_test_services::Platform;
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;

const USERS: u32 = 100;
const SETTLED: Duration = Duration::from_mins(2);
/// The services whose memory the course's own figure includes.
const WEIGHED: [&str; 3] = ["order", "pay", "store"];

/// Measures and prints.
///
/// # Errors
/// When no order can be placed, or the platform does not come to rest.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub(crate) fn measure(platform: &mut Platform, duration: Duration) -> Result<()> {
    let load = Load {
        port: platform.port("gateway").context("there is no gateway")?,
        customers: USERS,
        duration,
        pace: None,
    };
    let drills = platform.drills();
    // The longest: it is ended after the load.
    let drill = json!({"delayMs": {"min": 400, "max": 620}, "forSeconds": 3600});
    drills.send("PUT", "/drills", &[], Some(&drill))?.expect(200)?;
    let outcome = load.run()?;
    let processes = platform.processes();
    let weighed = WEIGHED
        .iter()
        .map(|name| {
            let id = processes
                .get(*name)
                .with_context(|| format!("{name} does not run"))?;
            machine::memory(*id)
        })
        .collect::<Result<Vec<_>>>()?;
    let together: f64 = weighed.iter().map(|memory| memory.resident).sum();
    drills.delete("/drills")?.expect(204)?;
    // A payment whose response came too late is voided in the background; until then it has no order.
    wait::until("every payment to be settled", SETTLED, || {
        let open = platform
            .postgres()
            .number("order", "SELECT count(*) FROM payment_intents")?;
        ensure!(open == 0, "{open} payments are not settled");
        Ok(Some(()))
    })?;
    platform.wait_at_rest(SETTLED)?;
    let orphans = orphaned_payments(platform)?;

    report::against(
        "orders placed and paid (201)",
        outcome.per_second(),
        "/s",
        Target::AtLeast(170.0),
    );
    report::against(
        "availability",
        outcome.availability(),
        "%",
        Target::AtLeast(100.0),
    );
    for (status, count) in outcome.answers.iter().filter(|(status, _)| **status != 201) {
        report::figure(&format!("  answered {status}"), *count as f64, "");
    }
    report::against(
        "payments without an order",
        orphans as f64,
        "",
        Target::AtMost(0.0),
    );
    report::against(
        "memory of order, pay and store together",
        together,
        "MB",
        Target::AtMost(60.0),
    );
    for (name, memory) in WEIGHED.iter().zip(&weighed) {
        report::figure(&format!("  {name}"), memory.resident, "MB");
        report::figure("    without the pages of its program", memory.own, "MB");
        report::figure("    at its highest, since it started", memory.highest, "MB");
    }
    report::figure("latency p50", outcome.milliseconds(0.5), "ms");
    report::figure("latency p99", outcome.milliseconds(0.99), "ms");
    Ok(())
}

/// The number of approved payments without an order, from the two databases.
fn orphaned_payments(platform: &mut Platform) -> Result<usize> {
    let paid = ids(
        platform,
        "pay",
        "SELECT order_id AS id FROM payments WHERE state = 'Approved'",
    )?;
    let ordered = ids(platform, "order", "SELECT order_id AS id FROM orders")?;
    Ok(paid.difference(&ordered).count())
}

fn ids(platform: &mut Platform, database: &str, select: &str) -> Result<BTreeSet<String>> {
    let rows = platform.postgres().query(database, select)?;
    Ok(rows
        .iter()
        .filter_map(|row| row["id"].as_str().map(str::to_owned))
        .collect())
}
