//! The active faults of the plan.

use crate::endpoint::{Endpoint, Service};
use crate::engine::{Engine, lock};
use crate::plan::{Fault, FaultKind, Kind};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

/// How often each kind of fault had an effect.
pub type FaultCounts = BTreeMap<Kind, u64>;

/// The faults of one history.
pub struct FaultInjector {
    engine: Engine,
    faults: Vec<Fault>,
    counts: Mutex<FaultCounts>,
}

impl FaultInjector {
    pub fn new(engine: Engine, faults: Vec<Fault>) -> Self {
        Self {
            engine,
            faults,
            counts: Mutex::default(),
        }
    }

    fn going_on(&self) -> impl Iterator<Item = &FaultKind> {
        let now = self.engine.now();
        self.faults
            .iter()
            .filter(move |fault| fault.is_on(now))
            .map(|fault| &fault.kind)
    }

    /// Counts a fault when it has an effect.
    pub fn count(&self, kind: Kind) {
        *lock(&self.counts).entry(kind).or_default() += 1;
    }

    /// How often each kind of fault has had an effect so far.
    pub fn counts(&self) -> FaultCounts {
        lock(&self.counts).clone()
    }

    /// Whether no active fault satisfies `hinders`; the first that does is counted.
    fn unhindered(&self, hinders: impl Fn(&FaultKind) -> bool) -> bool {
        let hindrance = self.going_on().find(|fault| hinders(fault)).map(FaultKind::kind);
        if let Some(kind) = hindrance {
            self.count(kind);
        }
        hindrance.is_none()
    }

    /// Whether messages are delivered from one endpoint to the other.
    pub fn passes(&self, from: Endpoint, to: Endpoint) -> bool {
        self.unhindered(|fault| match fault {
            FaultKind::Cut(one, other) => (*one, *other) == (from, to) || (*one, *other) == (to, from),
            FaultKind::Away(endpoint) => *endpoint == from || *endpoint == to,
            _ => false,
        })
    }

    /// Whether a consumer group receives messages of a topic.
    pub fn flows(&self, group: Service, topic: &str) -> bool {
        self.passes(Endpoint::Service(group), Endpoint::Broker)
            && self.unhindered(
                |fault| matches!(fault, FaultKind::Stuck(stuck, of) if *stuck == group && *of == topic),
            )
    }

    /// Whether the response to a commit gets lost.
    pub fn loses_commit(&self) -> bool {
        self.chance(|fault| match fault {
            FaultKind::LostCommits(share) => Some(*share),
            _ => None,
        })
    }

    /// Whether the acknowledgement of an event that a relay published gets lost.
    pub fn loses_acknowledgement(&self) -> bool {
        self.chance(|fault| match fault {
            FaultKind::LostAcknowledgements(share) => Some(*share),
            _ => None,
        })
    }

    /// Whether a message between processes gets lost.
    pub fn loses_message(&self) -> bool {
        self.chance(|fault| match fault {
            FaultKind::Losses(share) => Some(*share),
            _ => None,
        })
    }

    /// The delay of a message between processes, and whether it is long.
    pub fn travel_time(&self) -> (Duration, bool) {
        let late = self.chance(|fault| match fault {
            FaultKind::Delays(share) => Some(*share),
            _ => None,
        });
        let (low, high) = if late { (100_000, 2_000_000) } else { (100, 1_500) };
        let time = self.engine.draw(|random| random.between(low, high));
        (Duration::from_micros(time), late)
    }

    fn chance(&self, share: impl Fn(&FaultKind) -> Option<u64>) -> bool {
        let worst = self.going_on().filter_map(share).max().unwrap_or_default();
        worst > 0 && self.engine.draw(|random| random.chance(worst))
    }
}
