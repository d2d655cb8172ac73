//! The guard of a drill: looks every second at what the gateway has answered to others, and says when they suffer.

mod counter;
mod window;

use crate::measure::Answers;
use crate::metrics::{Replicas, find};
use counter::COUNTER;
use fdp_drill::{Guard, Guarded};
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use window::{Sample, Window};

/// How often the gateway is asked.
const LOOK: Duration = Duration::from_secs(1);

/// Watches until the load is `over`, or has to end: because others suffer, or because nobody can see whether they do. `own`
/// tells how many requests of the drill were answered so far.
pub(crate) async fn watch(
    guard: &Guard,
    own: impl Fn() -> Answers,
    over: &CancellationToken,
) -> Option<Guarded> {
    let mut watch = Watch {
        window: Window::of(guard),
        replicas: Replicas::of(COUNTER, &guard.address),
        there: BTreeSet::new(),
        started: Instant::now(),
        seen: None,
        why: "it was not asked yet".to_owned(),
    };
    let judged = async {
        let mut next = Instant::now();
        loop {
            if let Some(guarded) = watch.look(&guard.address, &own).await {
                return guarded;
            }
            next = (next + LOOK).max(Instant::now());
            sleep_until(next).await;
        }
    };
    match over.run_until_cancelled(judged).await {
        Some(guarded) => Some(guarded),
        // A load that was shorter than the guard is patient must not pass unseen.
        None if watch.seen.is_none() => Some(Guarded::CannotSee { why: watch.why }),
        None => None,
    }
}

struct Watch {
    window: Window,
    replicas: Replicas,
    /// The replicas that were found last.
    there: BTreeSet<SocketAddr>,
    started: Instant,
    /// When all of them were counted last.
    seen: Option<Instant>,
    /// Why they were not since then.
    why: String,
}

impl Watch {
    async fn look(&mut self, address: &str, own: &impl Fn() -> Answers) -> Option<Guarded> {
        let lookup = match find(address).await {
            Ok(found) => {
                self.there = found;
                None
            }
            // Those that were found before may still be there.
            Err(unknown) => Some(unknown),
        };
        let own_before = own();
        let counted = match lookup.filter(|_| self.there.is_empty()) {
            Some(unknown) => Err(unknown),
            None => self.replicas.look(&self.there).await,
        };
        match counted {
            Ok(gateway) => {
                let sample = Sample {
                    at: self.started.elapsed(),
                    gateway,
                    own_before,
                    own_after: own(),
                };
                self.seen = Some(Instant::now());
                self.window.add(sample)
            }
            Err(unknown) => {
                self.why = unknown.to_string();
                tracing::warn!(why = self.why, "the guard does not see the gateway");
                self.is_blind().then(|| Guarded::CannotSee {
                    why: self.why.clone(),
                })
            }
        }
    }

    fn is_blind(&self) -> bool {
        self.seen.unwrap_or(self.started).elapsed() >= self.window.length()
    }
}
