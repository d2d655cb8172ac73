//! What is broken just now: the faults of the plan that are going on.

use crate::engine::{Engine, lock};
use crate::place::{Place, Service};
use crate::plan::{Fault, Kind, Trouble};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

/// How often each kind of fault made a difference.
pub type Felt = BTreeMap<Kind, u64>;

/// The faults of one history.
pub struct Weather {
    engine: Engine,
    faults: Vec<Fault>,
    felt: Mutex<Felt>,
}

impl Weather {
    /// Faults as planned.
    pub fn new(engine: Engine, faults: Vec<Fault>) -> Self {
        Self {
            engine,
            faults,
            felt: Mutex::default(),
        }
    }

    fn going_on(&self) -> impl Iterator<Item = &Trouble> {
        let now = self.engine.now();
        self.faults
            .iter()
            .filter(move |fault| fault.is_on(now))
            .map(|fault| &fault.kind)
    }

    /// Counts a fault where it makes a difference.
    pub fn feel(&self, kind: Kind) {
        *lock(&self.felt).entry(kind).or_default() += 1;
    }

    /// How often each kind of fault made a difference so far.
    pub fn felt(&self) -> Felt {
        lock(&self.felt).clone()
    }

    /// Whether none of what goes on is such a hindrance; the first that is one is felt.
    fn unhindered(&self, hinders: impl Fn(&Trouble) -> bool) -> bool {
        let hindrance = self
            .going_on()
            .find(|trouble| hinders(trouble))
            .map(Trouble::kind);
        if let Some(kind) = hindrance {
            self.feel(kind);
        }
        hindrance.is_none()
    }

    /// Whether messages get from one place to the other.
    pub fn passes(&self, from: Place, to: Place) -> bool {
        self.unhindered(|trouble| match trouble {
            Trouble::Cut(one, other) => (*one, *other) == (from, to) || (*one, *other) == (to, from),
            Trouble::Away(place) => *place == from || *place == to,
            _ => false,
        })
    }

    /// Whether a consumer group gets messages of a topic.
    pub fn flows(&self, group: Service, topic: &str) -> bool {
        self.passes(Place::Service(group), Place::Broker)
            && self.unhindered(
                |trouble| matches!(trouble, Trouble::Stuck(stuck, of) if *stuck == group && *of == topic),
            )
    }

    /// Whether the answer to a commit gets lost.
    pub fn loses_commit(&self) -> bool {
        self.chance(|trouble| match trouble {
            Trouble::LostCommits(share) => Some(*share),
            _ => None,
        })
    }

    /// Whether a relay hears nothing of an event that it published.
    pub fn loses_acknowledgement(&self) -> bool {
        self.chance(|trouble| match trouble {
            Trouble::LostAcknowledgements(share) => Some(*share),
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

    /// How long a message between processes travels, and whether that is late.
    pub fn travel_time(&self) -> (Duration, bool) {
        let late = self.chance(|trouble| match trouble {
            Trouble::Delays(share) => Some(*share),
            _ => None,
        });
        let (low, high) = if late { (100_000, 2_000_000) } else { (100, 1_500) };
        let time = self.engine.draw(|random| random.between(low, high));
        (Duration::from_micros(time), late)
    }

    fn chance(&self, share: impl Fn(&Trouble) -> Option<u64>) -> bool {
        let worst = self.going_on().filter_map(share).max().unwrap_or_default();
        worst > 0 && self.engine.draw(|random| random.chance(worst))
    }
}
