//! Runs one history of a plan to its end, and checks the result.

use crate::bug::Bug;
use crate::fault_injector::FaultCounts;
use crate::people;
use crate::plan::{HEALED, Plan};
use crate::processes;
use crate::rest;
use crate::world::World;
use fdp_contracts::OrderState;
use std::time::Duration;

/// The interval of the check whether all is at rest.
const LOOK: Duration = Duration::from_millis(250);
/// The deadline after the last fault for everything to be at rest.
const TOO_LONG: Duration = Duration::from_mins(2);

/// The result of a history.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// All violations; empty if there are none.
    pub contradictions: Vec<String>,
    /// The trace in readable lines, if it was requested.
    pub lines: Vec<String>,
    /// How many orders ended in which way.
    pub ended: Ended,
    /// How often each kind of fault had an effect.
    pub fault_counts: FaultCounts,
    /// The number of steps of all tasks.
    pub steps: u64,
}

/// The numbers of ended orders.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ended {
    /// Delivered to the customer.
    pub delivered: u64,
    /// Cancelled by their customers.
    pub cancelled: u64,
    /// Rejected by the store, or out of stock.
    pub rejected: u64,
}

impl std::ops::AddAssign for Ended {
    fn add_assign(&mut self, other: Self) {
        self.delivered += other.delivered;
        self.cancelled += other.cancelled;
        self.rejected += other.rejected;
    }
}

/// Runs the history of `plan`, with a planted bug if there is one; with `traced` the result has its lines.
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
