//! Asks the sidecars of a service, while the mesh has its fault, how many requests they have held up or aborted.

mod counter;

use crate::measure::{Answers, Span};
use crate::metrics::Replicas;
use counter::COUNTER;
use fdp_drill::{Sidecars, SidecarsSeen};
use tokio::net::lookup_host;
use tokio::time::{Duration, Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// How often they are asked: one that goes has hardly counted more than it told last.
const LOOK: Duration = Duration::from_secs(1);
const FOUND_WITHIN: Duration = Duration::from_secs(2);

/// What came of it.
#[derive(Debug)]
pub(crate) struct Asked {
    pub(crate) seen: SidecarsSeen,
    /// Why none could be asked.
    pub(crate) problem: Option<String>,
}

/// Asks from the start to the end of the last fault, and once more then; `stop` ends it before.
pub(crate) async fn watch(
    sidecars: &Sidecars,
    faults: &[Span],
    started: Instant,
    stop: &CancellationToken,
) -> Asked {
    let ends = started + faults.last().map(|last| last.ends).unwrap_or_default();
    let mut replicas = Replicas::of(COUNTER, &sidecars.address);
    let mut asked = Err("it was stopped before".to_owned());
    loop {
        let is_last = Instant::now() >= ends || stop.is_cancelled();
        // One that does not answer now may have done so before.
        let answer = look(sidecars, &mut replicas).await;
        if answer.is_ok() || asked.is_err() {
            asked = answer;
        }
        if is_last {
            break;
        }
        let next = sleep_until((Instant::now() + LOOK).min(ends));
        stop.run_until_cancelled(next).await;
    }
    let Answers { all, failed } = replicas.answers();
    Asked {
        seen: SidecarsSeen {
            delayed: all.saturating_sub(failed),
            aborted: failed,
        },
        problem: asked.err().map(|why| {
            format!(
                "the sidecars could not be asked at {} what they did: {why}",
                sidecars.address
            )
        }),
    }
}

async fn look(sidecars: &Sidecars, replicas: &mut Replicas) -> Result<(), String> {
    let found = timeout(FOUND_WITHIN, lookup_host(&sidecars.address)).await;
    let found = found.map_err(|_| "no name server answers".to_owned())?;
    let there = found.map_err(|error| error.to_string())?.collect();
    replicas
        .look(&there)
        .await
        .map(drop)
        .map_err(|unknown| unknown.to_string())
}
