//! Measures orders per second through gateway, order and pay while every consumer keeps up, and the cost of one
//! order.

use crate::load::Load;
use crate::machine::Usage;
use crate::report::{self, Target};
use anyhow::{Context, Result};
use fdp_test_services::Platform;
use fdp_test_services::services::{subscriptions, with_database};
use std::time::{Duration, Instant};

const WARM_UP: Duration = Duration::from_secs(3);
const CAUGHT_UP: Duration = Duration::from_mins(3);
/// Smaller shares of an order's processor time are not printed.
const TRIFLE_MS: f64 = 0.01;

/// Measures and prints. `inserts` is the rate of pgbench with the same number of `customers`.
///
/// # Errors
/// When no order can be placed, or the consumers do not catch up.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub(crate) fn measure(
    platform: &mut Platform,
    inserts: f64,
    customers: u32,
    duration: Duration,
) -> Result<()> {
    let load = Load {
        port: platform.port("gateway").context("there is no gateway")?,
        customers,
        duration: WARM_UP,
        pace: None,
    };
    platform.wait_at_rest(CAUGHT_UP)?;
    let commits = Commits::of(platform)?;
    let usage = Usage::of(platform)?;
    let warm = load.run()?;
    let outcome = Load { duration, ..load }.run()?;
    // Reading the lag takes a while too, in which consumers catch up, so the end is measured before.
    let ended = Instant::now();
    let behind = lag(platform)?;
    platform.wait_at_rest(CAUGHT_UP)?;
    let drained = ended.elapsed().as_secs_f64();
    let used = Usage::of(platform)?.since(&usage);
    let commits = Commits::of(platform)?.since(&commits);
    let orders = (warm.placed() + outcome.placed()) as f64;
    let sustained = outcome.placed() as f64 / (outcome.seconds() + drained);

    report::figure("orders placed and paid (201)", outcome.per_second(), "/s");
    report::figure("  latency p50", outcome.milliseconds(0.5), "ms");
    report::figure("  latency p99", outcome.milliseconds(0.99), "ms");
    report::figure("  availability", outcome.availability(), "%");
    report::figure("events not yet consumed when the load ended", behind as f64, "");
    report::figure("seconds until all were consumed", drained, "s");
    report::figure("orders sustained, that time included", sustained, "/s");
    report::against(
        "pgbench's inserts in the time of one order",
        inserts / sustained,
        "",
        Target::AtMost(20.0),
    );
    report::figure("transactions that write, per order", commits.writing / orders, "");
    report::figure("commits in all databases, per order", commits.all() / orders, "");
    for (database, count) in &commits.by_database {
        report::figure(&format!("  in {database}"), count / orders, "");
    }
    let total: f64 = used.iter().map(|(_, used)| used).sum();
    report::figure("processor time per order", total / orders, "ms");
    for (name, used) in used {
        if used / orders >= TRIFLE_MS {
            report::figure(&format!("  {name}"), used / orders, "ms");
        }
    }
    Ok(())
}

fn lag(platform: &mut Platform) -> Result<i64> {
    subscriptions().iter().try_fold(0, |sum, (group, topics)| {
        Ok(sum + platform.kafka().lag(group, topics)?)
    })
}

/// The numbers of database transactions so far.
struct Commits {
    /// Those that wrote, of the whole server: each used a transaction id.
    writing: f64,
    /// All that committed, as each database counts them.
    by_database: Vec<(String, f64)>,
}

impl Commits {
    fn of(platform: &mut Platform) -> Result<Self> {
        let postgres = platform.postgres();
        let writing = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint";
        let writing = as_float(postgres.number("postgres", writing)?);
        let mut by_database = Vec::new();
        for database in with_database() {
            let commits = format!("SELECT xact_commit FROM pg_stat_database WHERE datname = '{database}'");
            by_database.push((
                database.to_owned(),
                as_float(postgres.number("postgres", &commits)?),
            ));
        }
        Ok(Self { writing, by_database })
    }

    fn since(&self, before: &Self) -> Self {
        let each = self.by_database.iter().zip(&before.by_database);
        Self {
            writing: self.writing - before.writing,
            by_database: each
                .map(|((database, now), (_, then))| (database.clone(), now - then))
                .collect(),
        }
    }

    fn all(&self) -> f64 {
        self.by_database.iter().map(|(_, count)| count).sum()
    }
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn as_float(number: i64) -> f64 {
    number as f64
}
