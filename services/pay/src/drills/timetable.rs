//! Which drill a replica runs at a moment: the one it started with, or one that was set for a time.

use crate::drills::settings::Drill;
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use utoipa::ToSchema;

/// How many payments one drill has affected. Clones count together.
#[derive(Debug, Clone, Default)]
pub(super) struct Affected(Arc<AtomicU64>);

impl Affected {
    /// Counts one more.
    pub(super) fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn total(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The current drill, and what became of the latest one that was set over HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct DrillStatus {
    /// What is drilled now.
    #[serde(flatten)]
    drill: Drill,
    /// After how many seconds the drill ends by itself; missing if the replica runs what it started with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    seconds_left: Option<u64>,
    /// How many payments the latest drill that was set over HTTP has made slow or let fail, also if it has ended. A payment
    /// that fails and is requested again counts again if it fails again.
    payments: u64,
}

/// The drills of one replica. Nothing has to happen when the time of a drill is over: who asks later gets another answer.
#[derive(Debug, Default)]
pub(super) struct Timetable {
    initial: Drill,
    latest: Option<Timed>,
}

/// A drill that ends. It is kept after its end for its count.
#[derive(Debug)]
struct Timed {
    drill: Drill,
    ends: Instant,
    affected: Affected,
}

impl Timetable {
    /// The replica runs `initial` whenever no other drill is set.
    pub(super) fn new(initial: Drill) -> Self {
        Self {
            initial,
            latest: None,
        }
    }

    /// Runs `drill` from `now` on, for `time`, with a count of its own.
    pub(super) fn set(&mut self, drill: Drill, time: Duration, now: Instant) {
        self.latest = Some(Timed {
            drill,
            ends: now + time,
            affected: Affected::default(),
        });
    }

    /// Ends the drill that was set, if it is not over.
    pub(super) fn end(&mut self, now: Instant) {
        if let Some(latest) = &mut self.latest {
            latest.ends = latest.ends.min(now);
        }
    }

    /// The drill at `now`, and where to count the payments that it affects.
    pub(super) fn at(&self, now: Instant) -> (Drill, Affected) {
        self.running(now).map_or_else(
            || (self.initial, Affected::default()),
            |timed| (timed.drill, timed.affected.clone()),
        )
    }

    /// What operators see at `now`.
    pub(super) fn status(&self, now: Instant) -> DrillStatus {
        let running = self.running(now);
        DrillStatus {
            drill: running.map_or(self.initial, |timed| timed.drill),
            seconds_left: running.map(|timed| whole_seconds(timed.ends - now)),
            payments: self.latest.as_ref().map_or(0, |timed| timed.affected.total()),
        }
    }

    fn running(&self, now: Instant) -> Option<&Timed> {
        self.latest.as_ref().filter(|timed| now < timed.ends)
    }
}

/// Rounded up, so that a drill that still runs never has 0 seconds left.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn failing(failure_rate: f64) -> Drill {
        Drill {
            failure_rate,
            ..Drill::default()
        }
    }

    #[test]
    fn a_drill_ends_by_itself_and_the_replica_is_back_to_what_it_started_with() {
        let start = Instant::now();
        let mut drills = Timetable::new(failing(0.1));
        drills.set(failing(0.5), MINUTE, start);
        let last_moment = start + MINUTE - Duration::from_nanos(1);
        assert_eq!(drills.at(last_moment).0, failing(0.5));
        assert_eq!(drills.at(start + MINUTE).0, failing(0.1));
    }

    #[test]
    fn a_drill_that_is_ended_does_not_come_back() {
        let start = Instant::now();
        let mut drills = Timetable::default();
        drills.set(failing(1.0), MINUTE, start);
        drills.end(start + MINUTE / 2);
        assert_eq!(drills.at(start + MINUTE / 2).0, Drill::default());
        // Ended again after its time, it stays over.
        drills.end(start + 2 * MINUTE);
        assert_eq!(drills.at(start + MINUTE / 2).0, Drill::default());
    }

    #[test]
    fn the_status_tells_the_seconds_that_are_left() {
        let start = Instant::now();
        let mut drills = Timetable::default();
        assert_eq!(drills.status(start).seconds_left, None);
        drills.set(failing(1.0), MINUTE, start);
        let left = |after| drills.status(start + after).seconds_left;
        assert_eq!(left(Duration::ZERO), Some(60));
        assert_eq!(left(Duration::from_millis(1)), Some(60));
        assert_eq!(left(Duration::from_millis(59_999)), Some(1));
        assert_eq!(left(MINUTE), None);
    }

    #[test]
    fn each_drill_counts_for_itself_and_its_count_outlives_it() {
        let start = Instant::now();
        let mut drills = Timetable::new(failing(0.1));
        let payments = |drills: &Timetable| drills.status(start + 2 * MINUTE).payments;
        drills.at(start).1.count();
        assert_eq!(payments(&drills), 0, "nobody had set that drill");
        drills.set(failing(0.5), MINUTE, start);
        let (_, first) = drills.at(start);
        first.count();
        first.count();
        drills.at(start + MINUTE).1.count();
        assert_eq!(payments(&drills), 2);
        drills.set(failing(0.5), MINUTE, start);
        first.count();
        assert_eq!(payments(&drills), 0, "a late payment of the drill before");
    }
}
