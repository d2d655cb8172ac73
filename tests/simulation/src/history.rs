//! One history, from its plan to its end, and what came of it.

use crate::bug::Bug;
use crate::fault_injector::FaultCounts;
use crate::people;
use crate::plan::{HEALED, Plan};
use crate::processes;
use crate::rest;
use crate::world::World;
use fdp_contracts::OrderState;
use std::time::Duration;

/// How often to look whether all is at rest.
const LOOK: Duration = Duration::from_millis(250);
/// How long after the last fault everything has to be at rest.
const TOO_LONG: Duration = Duration::from_mins(2);

/// What came of a history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// What is not as it has to be; empty if all is well.
    pub contradictions: Vec<String>,
    /// The history in readable lines, if it was traced.
    pub lines: Vec<String>,
    /// How many orders ended in which way.
    pub ended: Ended,
    /// How often each kind of fault made a difference.
    pub fault_counts: FaultCounts,
    /// How many steps all tasks took.
    pub steps: u64,
}

/// How orders ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ended {
    /// With the food at the door.
    pub delivered: u64,
    /// Taken back by their customers.
    pub cancelled: u64,
    /// Refused by the store, or out of stock.
    pub rejected: u64,
}

impl std::ops::AddAssign for Ended {
    fn add_assign(&mut self, other: Self) {
        self.delivered += other.delivered;
        self.cancelled += other.cancelled;
        self.rejected += other.rejected;
    }
}

/// Runs the history of `plan`, perhaps with a planted mistake; with `traced` its lines are kept.
pub fn run(plan: Plan, bug: Option<Bug>, traced: bool) -> Outcome {
    let world = World::new(plan, bug, traced);
    processes::start(&world);
    people::begin(&world);
    let stuck = loop {
        let now = world.engine.now();
        processes::run_until(&world, now + LOOK);
        match rest::nothing_moves(&world) {
            Ok(()) => break None,
            Err(reason) if now > HEALED + TOO_LONG => break Some(reason),
            Err(_) => {}
        }
    };
    let mut contradictions: Vec<String> = stuck
        .map(|reason| format!("it never comes to rest: {reason}"))
        .into_iter()
        .collect();
    contradictions.extend(rest::contradictions(&world));
    let mut ended = Ended::default();
    world.order.look(|tables| {
        for order in tables.orders.values() {
            match order.snapshot().state {
                OrderState::Delivered => ended.delivered += 1,
                OrderState::Cancelled => ended.cancelled += 1,
                OrderState::Rejected => ended.rejected += 1,
                _ => {}
            }
        }
    });
    let outcome = Outcome {
        contradictions,
        lines: world.engine.take_trace(),
        ended,
        fault_counts: world.injector.counts(),
        steps: world.engine.steps(),
    };
    world.end();
    outcome
}
