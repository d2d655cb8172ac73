//! Liveness and readiness: a service is ready when all its required checks are ready.
//!
//! Some checks depend on what the service's own tasks do, such as a first event that has to arrive. The tasks do not wait for
//! those, only for the others.

use crate::lock::lock;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

/// The detail of a check that was not set yet.
const STARTING: &str = "starting";

/// The latest state of a check.
#[derive(Debug, Clone, Serialize, PartialEq, Eq)]
pub struct CheckState {
    /// Whether the check passes.
    pub ready: bool,
    /// Whether the service's readiness depends on this check; otherwise it is only shown.
    pub required: bool,
    /// Why the check fails, or other details.
    pub detail: String,
}

/// All checks of a service.
#[derive(Debug, Clone, Default)]
pub struct Health {
    checks: Arc<Mutex<BTreeMap<String, (CheckState, DependsOnIt)>>>,
    ready: Arc<watch::Sender<bool>>,
    tasks_may_run: Arc<watch::Sender<bool>>,
}

/// Sets the state of one check.
#[derive(Debug, Clone)]
pub struct Check {
    health: Health,
    name: String,
    who: DependsOnIt,
}

/// Who depends on a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DependsOnIt {
    Everything,
    Requests,
    Nothing,
}

impl Health {
    /// Registers a check that readiness and the service's tasks depend on; it is not ready until it is set.
    pub fn required(&self, name: &str) -> Check {
        self.register(name, DependsOnIt::Everything)
    }

    /// Registers a check that readiness depends on, and that a task of the service itself may make ready.
    pub fn required_by_requests(&self, name: &str) -> Check {
        self.register(name, DependsOnIt::Requests)
    }

    /// Registers a check that is only shown; readiness does not depend on it.
    pub fn informative(&self, name: &str) -> Check {
        self.register(name, DependsOnIt::Nothing)
    }

    fn register(&self, name: &str, who: DependsOnIt) -> Check {
        let check = Check {
            health: self.clone(),
            name: name.to_owned(),
            who,
        };
        check.set(false, STARTING);
        check
    }

    /// Whether every required check is ready.
    pub fn is_ready(&self) -> bool {
        all_ready(
            &lock(&self.checks),
            &[DependsOnIt::Everything, DependsOnIt::Requests],
        )
    }

    /// A channel with whether every required check is ready, updated each time a check is set.
    pub fn changes(&self) -> watch::Receiver<bool> {
        self.ready.subscribe()
    }

    /// Waits until every required check is ready that tasks depend on.
    pub async fn until_tasks_may_run(&self) {
        // The sender lives as long as `self`, so this cannot fail.
        let _ = self.tasks_may_run.subscribe().wait_for(|may| *may).await;
    }

    /// All checks by name.
    pub fn checks(&self) -> BTreeMap<String, CheckState> {
        let checks = lock(&self.checks);
        let states = checks
            .iter()
            .map(|(name, (state, _))| (name.clone(), state.clone()));
        states.collect()
    }
}

fn all_ready(checks: &BTreeMap<String, (CheckState, DependsOnIt)>, of: &[DependsOnIt]) -> bool {
    checks
        .values()
        .all(|(check, who)| check.ready || !of.contains(who))
}

impl Check {
    fn set(&self, ready: bool, detail: &str) {
        let state = CheckState {
            ready,
            required: self.who != DependsOnIt::Nothing,
            detail: detail.to_owned(),
        };
        let before = {
            let mut checks = lock(&self.health.checks);
            let before = checks.insert(self.name.clone(), (state, self.who));
            // Sent under the same lock, so that an older state never overwrites a newer one.
            let tasks = all_ready(&checks, &[DependsOnIt::Everything]);
            self.health.tasks_may_run.send_replace(tasks);
            let requests = tasks && all_ready(&checks, &[DependsOnIt::Requests]);
            self.health.ready.send_replace(requests);
            before.map(|(before, _)| before)
        };
        if is_news(before.as_ref(), ready) {
            tracing::info!(check = %self.name, ready, detail, "a health check changed");
        }
    }

    /// Sets the check to ready.
    pub fn ready(&self) {
        self.set(true, "ok");
    }

    /// Sets the check to failing, with the reason.
    pub fn failing(&self, why: &str) {
        self.set(false, why);
    }
}

/// Whether a state is logged: also the first reason why a service does not get ready, but not each wording of it.
fn is_news(before: Option<&CheckState>, ready: bool) -> bool {
    before.is_none_or(|before| before.ready != ready || (!ready && before.detail == STARTING))
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;
    use std::sync::Barrier;

    #[test]
    fn a_service_is_ready_when_all_that_it_depends_on_is() {
        let health = Health::default();
        let database = health.required("database");
        let relay = health.informative("relay");
        assert!(!health.is_ready());
        database.ready();
        assert!(health.is_ready(), "an informative check does not hold it back");
        assert!(*health.ready.borrow(), "and whoever waits for it is woken");
        relay.failing("no broker");
        assert!(health.is_ready());
        database.failing("connection refused");
        assert!(!health.is_ready());
        assert_eq!(health.checks()["database"].detail, "connection refused");
    }

    #[tokio::test]
    async fn tasks_do_not_wait_for_what_one_of_them_makes_ready() {
        let health = Health::default();
        let database = health.required("database");
        let first_event = health.required_by_requests("menus");
        let may_run = health.until_tasks_may_run().now_or_never();
        assert!(may_run.is_none(), "the database is not there");
        database.ready();
        health.until_tasks_may_run().await;
        assert!(!health.is_ready() && !*health.changes().borrow());
        assert!(health.checks()["menus"].required);
        first_event.ready();
        assert!(health.is_ready() && *health.changes().borrow());
    }

    #[test]
    fn the_first_reason_not_to_be_ready_is_logged_and_no_variation_of_it() {
        let state = |ready, detail: &str| CheckState {
            ready,
            required: true,
            detail: detail.to_owned(),
        };
        assert!(is_news(None, false));
        assert!(is_news(Some(&state(false, STARTING)), false));
        assert!(!is_news(Some(&state(false, "no such role (1)")), false));
        assert!(is_news(Some(&state(false, "no such role (1)")), true));
        assert!(!is_news(Some(&state(true, "ok")), true));
    }

    #[test]
    fn the_latest_state_is_right_however_many_checks_change_at_once() {
        let health = Health::default();
        let checks: Vec<Check> = (0..4)
            .map(|number| health.required(&number.to_string()))
            .collect();
        for round in 0..2_000 {
            let together = Barrier::new(checks.len());
            std::thread::scope(|threads| {
                for (number, check) in checks.iter().enumerate() {
                    let together = &together;
                    threads.spawn(move || {
                        together.wait();
                        if (round + number) % 4 == 0 {
                            check.failing("away");
                        } else {
                            check.ready();
                        }
                    });
                }
            });
            assert_eq!(*health.changes().borrow(), health.is_ready(), "round {round}");
            for check in &checks {
                check.ready();
            }
        }
    }
}
