//! Lets every replica of pay do wrong while a drill has its fault, and do right again after it.

mod body;
mod replica;
mod window;

use crate::measure::Span;
use fdp_drill::{FaultSeen, PayFault};
use std::collections::BTreeSet;
use tokio::net::lookup_host;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// What came of it.
#[derive(Debug)]
pub(crate) struct Told {
    pub(crate) seen: FaultSeen,
    /// Why no replica could be told.
    pub(crate) problem: Option<String>,
}

/// Makes the fault at these times, counted from the start, until the last is over or the drill is stopped. No replica is left
/// with it.
pub(crate) async fn run(
    fault: &PayFault,
    spans: &[Span],
    started: Instant,
    stop: &CancellationToken,
) -> Told {
    let mut replicas = BTreeSet::new();
    let mut payments = 0;
    let mut problem = None;
    for span in spans {
        let until_it_begins = sleep_until(started + span.begins);
        if stop.run_until_cancelled(until_it_begins).await.is_none() {
            break;
        }
        let find = async || Ok(lookup_host(&fault.address).await?.collect());
        let told = window::run(fault, started + span.ends, stop, find).await;
        if told.replicas.is_empty() {
            problem = told.error.or(problem);
        }
        replicas.extend(told.replicas);
        payments += told.payments;
    }
    Told {
        seen: FaultSeen {
            replicas: u32::try_from(replicas.len()).unwrap_or(u32::MAX),
            payments,
        },
        problem: problem
            .map(|error| format!("pay could not be told at {} to do wrong: {error}", fault.address)),
    }
}
