//! Takes replicas away from autoscalers while other pods of the platform find no room on the nodes.
//!
//! Under load an autoscaler asks for more replicas than the nodes hold, and those that wait take any room that becomes
//! free. The room of a pod that is replaced, of pay for instance, would be gone, and with it every order. Kubernetes' own
//! means, priority classes, belong to the whole cluster: pods of other people would be evicted, or evict ours.

mod pods;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use k8s_openapi::{
    api::{apps::v1::Deployment, autoscaling::v2::HorizontalPodAutoscaler},
    jiff::{SignedDuration, Timestamp},
};
use serde_json::json;

use crate::{
    model::{object::Planned, observed::Observed},
    plan::room::pods::{Pods, Waiting},
    spec::{Scaling, Validated},
};

/// For how long room is made for a pod. One that found none in this time does not find any this way.
const MADE_FOR: SignedDuration = SignedDuration::from_mins(3);
/// From the moment that an autoscaler took replicas away until more are taken: pods end within seconds, and the scheduler
/// tries a pod that waits again after ten seconds at most.
const EFFECT: SignedDuration = SignedDuration::from_secs(30);
/// When to look again while room is made: nothing tells of time that has passed.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// The autoscalers that are held back, and for whom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Room {
    held: Vec<Held>,
    waiting: Vec<Waiting>,
}

/// An autoscaler with fewer replicas at most than the platform gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Held {
    part: String,
    autoscaler: String,
    most: i32,
    asked: i32,
}

/// The autoscaler of a part, and the pods that the part has.
struct Scaled {
    held: Held,
    least: i32,
    pods: Pods,
    /// Whether a new version of it is on its way, whose pods need room beside those of the one before.
    rolls_out: bool,
    /// What the autoscaler may have now, if that is less than the platform gives it.
    bound: Option<i32>,
    last_change: Option<Timestamp>,
}

impl Room {
    /// What has to be held back now.
    pub fn needed(platform: &Validated, observed: &Observed) -> Self {
        let mut waiting = pods::waiting(&observed.pods, observed.now - MADE_FOR);
        if waiting.is_empty() {
            return Self::default();
        }
        let parts = scaled(platform, observed);
        waiting.retain(|pod| !parts.iter().any(|part| part.is_of(pod) && part.only_grows()));
        if waiting.is_empty() {
            return Self::default();
        }
        let is_under_way = parts.iter().any(|part| part.is_under_way(observed.now));
        let richest = parts
            .iter()
            .filter(|part| !is_under_way && part.more() > 0)
            .max_by_key(|part| part.more())
            .map(|part| part.held.part.clone());
        let taken = replicas_to_take(&waiting, richest.as_deref());
        let held = parts.into_iter().filter_map(|part| {
            let gives = richest.as_ref() == Some(&part.held.part);
            let most = if gives {
                Some(part.pods.on_nodes.saturating_sub(taken).max(part.least))
            } else {
                part.bound
            }?;
            Some(Held { most, ..part.held })
        });
        Self {
            held: held.filter(|held| held.most < held.asked).collect(),
            waiting,
        }
    }

    /// Holds an autoscaler back.
    pub(super) fn hold(&self, planned: &mut Planned) {
        let key = planned.key();
        let held = self
            .held
            .iter()
            .find(|held| key.kind == "HorizontalPodAutoscaler" && held.autoscaler == key.name);
        if let Some(held) = held {
            Arc::make_mut(&mut planned.object).data["spec"]["maxReplicas"] = json!(held.most);
        }
    }

    /// When to look again, while room is made.
    pub fn next_look(&self) -> Option<Duration> {
        (!self.held.is_empty()).then_some(LOOK_AGAIN)
    }

    /// Who is held back, and for whom; `None` if nobody is.
    pub(super) fn words(&self) -> Option<String> {
        let first = self.waiting.first()?;
        let held: Vec<String> = self
            .held
            .iter()
            .map(|held| {
                format!(
                    "{} is held at {} of {} replicas",
                    held.part, held.most, held.asked
                )
            })
            .collect();
        (!held.is_empty()).then(|| {
            format!(
                "{} until there is room for pod {} ({})",
                held.join(", "),
                first.name,
                first.why
            )
        })
    }
}

/// One for each pod that waits; for those of the part itself one in all, because it replaces them one after the other.
fn replicas_to_take(waiting: &[Waiting], from: Option<&str>) -> i32 {
    let is_own = |pod: &&Waiting| pod.part.as_deref() == from;
    let own = waiting.iter().filter(is_own).count();
    i32::try_from(waiting.len() - own + own.min(1)).unwrap_or(i32::MAX)
}

impl Scaled {
    fn is_of(&self, pod: &Waiting) -> bool {
        pod.part.as_ref() == Some(&self.held.part)
    }

    /// Whether pods of it that wait are only more of what it has already.
    fn only_grows(&self) -> bool {
        self.pods.on_nodes >= self.least && !self.rolls_out
    }

    /// The replicas on nodes that it can do without.
    fn more(&self) -> i32 {
        self.pods.on_nodes - self.least
    }

    /// Whether replicas that were taken away have not made their room free yet.
    fn is_under_way(&self, now: Timestamp) -> bool {
        let has_just_scaled = self
            .last_change
            .is_some_and(|scaled| now.duration_since(scaled) < EFFECT);
        self.bound
            .is_some_and(|bound| self.pods.on_nodes > bound || self.pods.ending > 0 || has_just_scaled)
    }
}

fn scaled(platform: &Validated, observed: &Observed) -> Vec<Scaled> {
    let services = platform
        .services
        .iter()
        .map(|settings| (settings.service.name(), settings.scaling));
    let extensions = platform
        .extensions
        .iter()
        .map(|extension| (extension.name.as_str(), extension.scaling));
    services
        .chain(extensions)
        .filter_map(|(part, scaling)| match scaling {
            Scaling::Automatic { min, max, .. } => Some(scaled_part(platform, part, min, max, observed)),
            Scaling::Fixed(_) | Scaling::ByOthers => None,
        })
        .collect()
}

fn scaled_part(platform: &Validated, part: &str, least: i32, asked: i32, observed: &Observed) -> Scaled {
    let autoscaler = platform.child(part);
    let live = observed
        .children
        .typed::<HorizontalPodAutoscaler>(&autoscaler)
        .unwrap_or_default();
    let most = live.spec.map(|spec| spec.max_replicas);
    Scaled {
        held: Held {
            part: part.to_owned(),
            autoscaler,
            most: asked,
            asked,
        },
        least,
        rolls_out: rolls_out(observed, &platform.child(part)),
        pods: Pods::of(&observed.pods, part),
        bound: most.filter(|&most| most >= least && most < asked),
        last_change: live
            .status
            .and_then(|status| status.last_scale_time)
            .map(|time| time.0),
    }
}

fn rolls_out(observed: &Observed, deployment: &str) -> bool {
    let live = observed.children.typed::<Deployment>(deployment);
    live.and_then(|live| live.status).is_some_and(|status| {
        status.updated_replicas.unwrap_or_default() < status.replicas.unwrap_or_default()
    })
}
