//! Summarises a platform's status in one word, which is never better than what the operator has checked.

use fdp_crds::{
    FoodDeliveryPlatform,
    condition::{self, READY, RECONCILING, STALLED},
};

/// How good a state is; decides its colour and its icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Good,
    Busy,
    Bad,
    Paused,
    Unknown,
}

impl Tone {
    /// Its name in CSS classes and icon names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Busy => "busy",
            Self::Bad => "bad",
            Self::Paused => "paused",
            Self::Unknown => "unknown",
        }
    }
}

/// A platform's state in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Everything is ready as the current generation describes it.
    Ready,
    /// The operator is still reconciling it.
    Reconciling,
    /// Not ready, and not being reconciled.
    NotReady,
    /// It makes no progress until a person acts.
    Stalled,
    /// `spec.suspend` is set.
    Suspended,
    /// The status is about an older generation.
    Outdated,
    /// There is no status yet.
    Unreported,
    /// The platform is being deleted.
    Deleting,
}

impl State {
    /// Derives the state from a platform's metadata and status.
    pub fn of(platform: &FoodDeliveryPlatform) -> Self {
        if platform.metadata.deletion_timestamp.is_some() {
            return Self::Deleting;
        }
        let Some(status) = &platform.status else {
            return Self::Unreported;
        };
        let conditions = &status.conditions;
        let Some(ready) = condition::find(conditions, READY) else {
            return Self::Unreported;
        };
        let generation = platform.metadata.generation;
        let is_older = |observed: Option<i64>| observed.is_some() && observed < generation;
        if is_older(status.observed_generation.or(Some(0))) || is_older(ready.observed_generation) {
            return Self::Outdated;
        }
        if condition::is_true(conditions, STALLED) {
            return Self::Stalled;
        }
        if platform.spec.suspend == Some(true) {
            return Self::Suspended;
        }
        match ready.status.as_str() {
            "True" => Self::Ready,
            _ if condition::is_true(conditions, RECONCILING) => Self::Reconciling,
            _ => Self::NotReady,
        }
    }

    /// The label for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Ready => "Ready",
            Self::Reconciling => "Reconciling",
            Self::NotReady => "Not ready",
            Self::Stalled => "Stalled",
            Self::Suspended => "Suspended",
            Self::Outdated => "Change not seen yet",
            Self::Unreported => "Not reported yet",
            Self::Deleting => "Deleting",
        }
    }

    /// What it means, as a sentence.
    pub fn explanation(self) -> &'static str {
        match self {
            Self::Ready => "Everything is up as described.",
            Self::Reconciling => "The operator, or something that it started, is at work.",
            Self::NotReady => "Something is missing, and nothing is under way.",
            Self::Stalled => "Nothing gets better until somebody steps in.",
            Self::Suspended => "The operator changes nothing until spec.suspend is false.",
            Self::Outdated => {
                "The resource was changed; the operator has not looked at the new generation yet. \
                 What stands here is about the one before."
            }
            Self::Unreported => "The operator has not reported on this platform yet.",
            Self::Deleting => "The platform is being deleted.",
        }
    }

    /// Its tone.
    pub fn tone(self) -> Tone {
        match self {
            Self::Ready => Tone::Good,
            Self::Reconciling | Self::Deleting => Tone::Busy,
            Self::NotReady | Self::Stalled => Tone::Bad,
            Self::Suspended => Tone::Paused,
            Self::Outdated | Self::Unreported => Tone::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::view::test_platform::platform;

    /// The state of a platform of generation 2 whose status is about the generation `observed`.
    fn state(observed: i64, [ready, reconciling, stalled]: [&str; 3], spec: &Value) -> State {
        let condition = |type_: &str, status: &str| {
            json!({ "type": type_, "status": status, "reason": "R", "message": "",
                    "observedGeneration": observed, "lastTransitionTime": "2026-01-01T00:00:00Z" })
        };
        State::of(&platform(json!({
            "metadata": { "name": "shop", "namespace": "a", "generation": 2 },
            "spec": spec,
            "status": { "observedGeneration": observed, "conditions": [
                condition("Ready", ready), condition("Reconciling", reconciling), condition("Stalled", stalled),
            ] },
        })))
    }

    #[test]
    fn the_conditions_decide() {
        assert_eq!(state(2, ["True", "False", "False"], &json!({})), State::Ready);
        assert_eq!(
            state(2, ["False", "True", "False"], &json!({})),
            State::Reconciling
        );
        assert_eq!(state(2, ["False", "False", "True"], &json!({})), State::Stalled);
        assert_eq!(state(2, ["False", "False", "False"], &json!({})), State::NotReady);
        assert_eq!(
            state(2, ["Unknown", "False", "False"], &json!({})),
            State::NotReady
        );
    }

    #[test]
    fn a_suspended_platform_says_so_whether_or_not_it_is_up() {
        let suspended = json!({ "suspend": true });
        assert_eq!(state(2, ["True", "False", "False"], &suspended), State::Suspended);
        assert_eq!(
            state(2, ["False", "False", "False"], &suspended),
            State::Suspended
        );
        assert_eq!(state(2, ["False", "False", "True"], &suspended), State::Stalled);
    }

    #[test]
    fn a_status_about_an_older_generation_is_never_ready() {
        assert_eq!(state(1, ["True", "False", "False"], &json!({})), State::Outdated);
    }

    #[test]
    fn a_ready_condition_about_an_older_generation_is_never_ready() {
        let mut stale = platform(json!({
            "metadata": { "name": "shop", "namespace": "a", "generation": 2 },
            "spec": {},
            "status": { "observedGeneration": 2, "conditions": [{
                "type": "Ready", "status": "True", "reason": "R", "message": "", "observedGeneration": 1,
                "lastTransitionTime": "2026-01-01T00:00:00Z",
            }] },
        }));
        assert_eq!(State::of(&stale), State::Outdated);
        if let Some(status) = &mut stale.status {
            status.conditions[0].observed_generation = Some(2);
        }
        assert_eq!(State::of(&stale), State::Ready);
        if let Some(status) = &mut stale.status {
            status.observed_generation = None;
        }
        assert_eq!(State::of(&stale), State::Outdated);
    }

    #[test]
    fn without_a_status_nothing_is_known() {
        let bare = json!({ "metadata": { "name": "shop", "namespace": "a", "generation": 1 }, "spec": {} });
        assert_eq!(State::of(&platform(bare.clone())), State::Unreported);
        let mut empty = bare;
        empty["status"] = json!({ "observedGeneration": 1 });
        assert_eq!(State::of(&platform(empty)), State::Unreported);
    }

    #[test]
    fn a_platform_being_deleted_is_not_ready() {
        let deleting = platform(json!({
            "metadata": { "name": "shop", "namespace": "a", "generation": 2,
                          "deletionTimestamp": "2026-01-01T00:00:00Z" },
            "spec": {},
            "status": { "observedGeneration": 2, "conditions": [{
                "type": "Ready", "status": "True", "reason": "R", "message": "",
                "lastTransitionTime": "2026-01-01T00:00:00Z",
            }] },
        }));
        assert_eq!(State::of(&deleting), State::Deleting);
    }
}
