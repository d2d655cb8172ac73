//! What is known about the pods of one part.

use std::sync::Arc;

use k8s_openapi::{api::core::v1::Pod, jiff::Timestamp};

use crate::{
    kubernetes::health::{pod::pods_of, refusal, trouble::Trouble},
    model::{events::Events, health::Health, observed::Observed},
};

/// The pods of one part, what events tell about them, and when.
#[derive(Clone, Debug)]
pub struct Evidence<'a> {
    pub pods: Vec<&'a Arc<Pod>>,
    pub events: &'a Events,
    pub now: Timestamp,
}

impl<'a> Evidence<'a> {
    /// What was observed of a part.
    pub fn of(observed: &'a Observed, part: &str) -> Self {
        Self {
            pods: pods_of(&observed.pods, part),
            events: &observed.events,
            now: observed.now,
        }
    }

    /// The worst trouble of these pods.
    pub fn worst(&self) -> Option<Trouble> {
        self.pods
            .iter()
            .filter_map(|pod| super::pod::trouble(pod, self.events, self.now))
            .max_by_key(|trouble| (trouble.lasts(self.now), trouble.weight))
    }

    /// Why the workload of that UID gets no pods, if somebody has told.
    pub fn refused(&self, workload: Option<&str>) -> Option<Trouble> {
        refusal::told(self.events.of(workload)?)
    }

    /// The worst trouble of these pods; if there is none, why the workload of that UID gets no pods.
    pub(super) fn worst_of(&self, workload: Option<&str>) -> Option<Trouble> {
        // A pod that was refused says more than the others, which only start.
        let worst = self.worst().filter(|trouble| trouble.weight > 1);
        worst.or_else(|| self.refused(workload)).or_else(|| self.worst())
    }

    /// The health of a workload that is not ready.
    pub(super) fn health(&self, message: &str, trouble: Option<&Trouble>) -> Health {
        match trouble {
            None => Health::Waiting(message.to_owned()),
            Some(trouble) => {
                let message = format!("{message}: {}", trouble.text);
                if trouble.lasts(self.now) {
                    Health::Failed(message)
                } else {
                    Health::Waiting(message)
                }
            }
        }
    }
}
