//! Measures the time from the commit of an order's change until it is visible in the view.
//!
//! PostgreSQL records when a row of the view was committed. The commit time of the order service's change is not
//! available, because that row changes again, so the time of the decision just before is used: the figures are upper
//! bounds.

use crate::load::Load;
use crate::report::{self, Target};
use anyhow::{Context, Result};
use fdp_test_services::Platform;
use serde_json::Value;
use std::time::Duration;

const PER_SECOND: f64 = 200.0;
/// The share of the rate that must be reached: the last responses come after the end.
const HELD: f64 = 0.99;
const CUSTOMERS: u32 = 16;
const WARM_UP: Duration = Duration::from_secs(2);
const AT_REST: Duration = Duration::from_mins(2);

/// The setting with which PostgreSQL records commit times.
pub(crate) const POSTGRES_SETTING: &str = "track_commit_timestamp=on";

/// Measures and prints.
///
/// # Errors
/// When no order can be placed, or none becomes visible.
pub(crate) fn measure(platform: &mut Platform, duration: Duration) -> Result<()> {
    let load = Load {
        port: platform.port("gateway").context("there is no gateway")?,
        customers: CUSTOMERS,
        duration: WARM_UP,
        pace: Some(PER_SECOND),
    };
    load.run()?;
    let since = platform.postgres().query("frontend", "SELECT now() AS now")?;
    let since = text(&since, "now")?;
    let outcome = Load { duration, ..load }.run()?;
    platform.wait_at_rest(AT_REST)?;
    let seen = platform.postgres().query(
        "frontend",
        &format!(
            "SELECT count(*) AS changes, \
             percentile_disc(0.5) WITHIN GROUP (ORDER BY took) AS p50, \
             percentile_disc(0.99) WITHIN GROUP (ORDER BY took) AS p99, max(took) AS longest \
             FROM (SELECT 1000 * extract(epoch FROM pg_xact_commit_timestamp(xmin) \
             - (snapshot->>'changedAt')::timestamptz)::float8 AS took FROM order_history \
             WHERE (snapshot->>'placedAt')::timestamptz > '{since}') change"
        ),
    )?;
    // Figures at another rate would say nothing about this one.
    let pace = Target::AtLeast(PER_SECOND * HELD);
    report::against("orders per second", outcome.per_second(), "/s", pace);
    report::figure(
        "changes of orders seen in the view",
        number(&seen, "changes")?,
        "",
    );
    report::figure("decided → visible p50", number(&seen, "p50")?, "ms");
    let p99 = number(&seen, "p99")?;
    report::against("decided → visible p99", p99, "ms", Target::AtMost(50.0));
    report::figure("decided → visible, the longest", number(&seen, "longest")?, "ms");
    Ok(())
}

fn field<'a>(rows: &'a [Value], name: &str) -> Result<&'a Value> {
    let row = rows.first().context("the database gave no row")?;
    row.get(name)
        .with_context(|| format!("there is no {name} in {row}"))
}

fn text<'a>(rows: &'a [Value], name: &str) -> Result<&'a str> {
    let value = field(rows, name)?;
    value
        .as_str()
        .with_context(|| format!("{name} is {value}, no text"))
}

fn number(rows: &[Value], name: &str) -> Result<f64> {
    let value = field(rows, name)?;
    value
        .as_f64()
        .with_context(|| format!("{name} is {value}, no number"))
}
