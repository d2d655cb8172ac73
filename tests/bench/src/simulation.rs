//! Measures how many simulated histories of the order saga run per minute.

use crate::report::{self, Target};
use anyhow::{Result, bail};
use fdp_simulation::many::{Run, explain};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const CORES: usize = 2;

/// Measures and prints.
///
/// # Errors
/// When a history fails.
#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
pub(crate) fn measure(duration: Duration) -> Result<()> {
    let run = Run {
        first_seed: SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs(),
        histories: u64::MAX,
        most_time: duration,
        most_cores: CORES,
        bug: None,
    };
    let sum = run.run();
    if let Some((seed, contradictions)) = sum.failure {
        bail!("{}", explain(seed, &contradictions, None));
    }
    report::figure("histories", sum.histories as f64, "");
    report::against(
        "histories per minute",
        sum.per_minute(),
        "",
        Target::AtLeast(10_000.0),
    );
    Ok(())
}
