//! When a rider has kept a delivery waiting for too long: others may take it on then.

use super::actor::Actor;
use super::delivery::Delivery;
use super::history::what;
use chrono::{DateTime, Utc};
use fdp_contracts::DeliveryState;
use std::time::Duration;

/// For how long a delivery has waited for its rider; time in which the service was down does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waited {
    /// Since the food was ready and the rider had the delivery; `None` if the food is not ready.
    pub to_leave: Option<Duration>,
    /// Since the rider was last heard of, about whichever delivery.
    pub silent: Duration,
}

/// The deadline that has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overdue {
    /// The rider did not leave with the food in time.
    NotPickedUp,
    /// The rider was not heard of for too long.
    Silent,
}

impl Overdue {
    /// Its name in metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotPickedUp => "not-picked-up",
            Self::Silent => "silent",
        }
    }

    /// The reason in the history.
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotPickedUp => "the rider did not pick the food up in time",
            Self::Silent => "the rider was not heard of for too long",
        }
    }
}

impl Delivery {
    /// The deadline that has passed, if one has: the store's for the food, or `silent_limit` for the rider. Once the rider
    /// is about to leave, there is none.
    pub fn overdue(&self, waited: Waited, silent_limit: Duration) -> Option<Overdue> {
        self.rider_id.as_ref()?;
        let pick_up_within = Duration::from_mins(self.pick_up_within_minutes.into());
        match self.state {
            DeliveryState::Ready if waited.to_leave.is_some_and(|it| it >= pick_up_within) => {
                Some(Overdue::NotPickedUp)
            }
            DeliveryState::Requested | DeliveryState::Ready if waited.silent >= silent_limit => {
                Some(Overdue::Silent)
            }
            _ => None,
        }
    }

    /// Takes the delivery from its rider, and offers it again.
    pub fn release(&mut self, why: Overdue, now: DateTime<Utc>) {
        self.record(now, what::RELEASED, &Actor::Deadline, Some(why.reason()));
        self.free();
    }
}
