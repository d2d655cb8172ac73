//! Asks the sidecars of a service, while the mesh has its fault, how many requests they have held up or aborted.

mod counter;

use crate::measure::{Answers, Span};
use crate::metrics::{Replicas, find};
use counter::COUNTER;
use fdp_drill::{Sidecars, SidecarsSeen};
use tokio::time::{Duration, Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// How often they are asked: one that goes has hardly counted more than it told last.
const LOOK: Duration = Duration::from_secs(1);

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
    let mut asked = None;
    loop {
        let is_last = Instant::now() >= ends || stop.is_cancelled();
        // One that does not answer now may have done so before.
        let answer = match find(&sidecars.address).await {
            Ok(there) => replicas.look(&there).await.map(drop),
            Err(unknown) => Err(unknown),
        };
        if !matches!(asked, Some(Ok(()))) {
            asked = Some(answer);
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
        problem: asked.and_then(Result::err).map(|why| {
            format!(
                "the sidecars could not be asked at {} what they did: {why}",
                sidecars.address
            )
        }),
    }
}
