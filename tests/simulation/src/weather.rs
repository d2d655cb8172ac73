//! What is broken just now: the faults of the plan that are going on.

use crate::engine::Engine;
use crate::place::{Place, Service};
use crate::plan::{Fault, Trouble};
use std::time::Duration;

/// The faults of one history.
pub struct Weather {
    engine: Engine,
    faults: Vec<Fault>,
}

impl Weather {
    /// Faults as planned.
    pub fn new(engine: Engine, faults: Vec<Fault>) -> Self {
        Self { engine, faults }
    }

    fn going_on(&self) -> impl Iterator<Item = &Trouble> {
        let now = self.engine.now();
        self.faults
            .iter()
            .filter(move |fault| fault.is_on(now))
            .map(|fault| &fault.kind)
    }

    /// Whether messages get from one place to the other.
    pub fn passes(&self, from: Place, to: Place) -> bool {
        self.going_on().all(|trouble| match trouble {
            Trouble::Cut(one, other) => !((*one, *other) == (from, to) || (*one, *other) == (to, from)),
            Trouble::Away(place) => *place != from && *place != to,
            _ => true,
        })
    }

    /// Whether a consumer group gets messages of a topic.
    pub fn flows(&self, group: Service, topic: &str) -> bool {
        self.passes(Place::Service(group), Place::Broker)
            && self.going_on().all(
                |trouble| !matches!(trouble, Trouble::Stuck(stuck, of) if *stuck == group && *of == topic),
            )
    }

    /// Whether the answer to a commit gets lost.
    pub fn loses_commit(&self) -> bool {
        self.chance(|trouble| match trouble {
            Trouble::LostCommits(share) => Some(*share),
            _ => None,
        })
    }

    /// Whether a message between processes gets lost.
    pub fn loses_message(&self) -> bool {
        self.chance(|trouble| match trouble {
            Trouble::Losses(share) => Some(*share),
            _ => None,
        })
    }

    /// How long a message between processes travels.
    pub fn travel_time(&self) -> Duration {
        let late = self.chance(|trouble| match trouble {
            Trouble::Delays(share) => Some(*share),
            _ => None,
        });
        let (low, high) = if late { (100_000, 2_000_000) } else { (100, 1_500) };
        Duration::from_micros(self.engine.draw(|random| random.between(low, high)))
    }

    fn chance(&self, share: impl Fn(&Trouble) -> Option<u64>) -> bool {
        let worst = self.going_on().filter_map(share).max().unwrap_or_default();
        worst > 0 && self.engine.draw(|random| random.chance(worst))
    }
}
