//! Turns conditions into rows, the most important first.

use fdp_crds::{
    FoodDeliveryPlatform,
    condition::{OF_EVERY_PLATFORM, READY, RECONCILING, STALLED, is_true},
};
use k8s_openapi::{apimachinery::pkg::apis::meta::v1::Condition, jiff::Timestamp};

use crate::view::{age::Moment, cure::Cure, state::Tone};

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConditionView {
    pub type_: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    pub reason: String,
    pub message: String,
    pub tone: Tone,
    /// The last transition.
    pub since: Moment,
    /// The generation that it is about, if that is not the current one.
    pub older_generation: Option<i64>,
    /// What to do, if it is no good news.
    pub cure: Option<Cure>,
}

/// The conditions of a platform.
pub fn rows(platform: &FoodDeliveryPlatform, now: Timestamp) -> Vec<ConditionView> {
    let generation = platform.metadata.generation;
    let conditions = platform
        .status
        .as_ref()
        .map_or(&[][..], |status| &status.conditions);
    let mut sorted: Vec<&Condition> = conditions.iter().collect();
    sorted.sort_by_key(|condition| (rank(&condition.type_), condition.type_.as_str()));
    sorted
        .into_iter()
        .map(|condition| {
            let older_generation = condition
                .observed_generation
                .filter(|observed| Some(*observed) < generation);
            let tone = match older_generation {
                Some(_) => Tone::Unknown,
                None => tone(condition, is_true(conditions, RECONCILING)),
            };
            ConditionView {
                cure: Cure::of(condition, platform).filter(|_| !matches!(tone, Tone::Good | Tone::Unknown)),
                type_: condition.type_.clone(),
                status: condition.status.clone(),
                reason: condition.reason.clone(),
                message: condition.message.clone(),
                tone,
                since: Moment::new(condition.last_transition_time.0, now),
                older_generation,
            }
        })
        .collect()
}

/// Whether it is about one part rather than the whole platform.
pub fn is_about_a_part(type_: &str) -> bool {
    ![READY, RECONCILING, STALLED].contains(&type_)
}

/// The part that a condition is about: `Kafka` for `KafkaReady`.
pub fn part(type_: &str) -> &str {
    type_
        .strip_suffix("Ready")
        .or_else(|| type_.strip_suffix("Complete"))
        .filter(|part| !part.is_empty())
        .unwrap_or(type_)
}

/// The sort position of a condition. Conditions that not every platform has come last, sorted by name.
fn rank(type_: &str) -> usize {
    OF_EVERY_PLATFORM
        .iter()
        .position(|known| *known == type_)
        .unwrap_or(OF_EVERY_PLATFORM.len())
}

/// For all conditions except `Reconciling` and `Stalled`, `True` is good. A part that is not ready while the platform
/// is being reconciled is no alarm.
fn tone(condition: &Condition, reconciling: bool) -> Tone {
    match (condition.type_.as_str(), condition.status.as_str()) {
        (RECONCILING, "True") => Tone::Busy,
        (STALLED, "True") => Tone::Bad,
        (READY, "True" | "False") if condition.reason == "Suspended" => Tone::Paused,
        (RECONCILING | STALLED, "False") | (_, "True") => Tone::Good,
        (READY, "False") if reconciling => Tone::Busy,
        (_, "False") if condition.reason == "Waiting" => Tone::Busy,
        (_, "False") => Tone::Bad,
        _ => Tone::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::view::test_platform::platform;

    fn condition(type_: &str, status: &str, reason: &str) -> Condition {
        serde_json::from_value(json!({
            "type": type_, "status": status, "reason": reason, "message": "why", "observedGeneration": 1,
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }))
        .unwrap()
    }

    fn rows(conditions: &[Condition], generation: Option<i64>, now: Timestamp) -> Vec<ConditionView> {
        let mut shop = platform(json!({
            "metadata": { "name": "shop", "namespace": "food" }, "spec": {}, "status": {},
        }));
        shop.metadata.generation = generation;
        if let Some(status) = &mut shop.status {
            status.conditions = conditions.to_vec();
        }
        super::rows(&shop, now)
    }

    fn now() -> Timestamp {
        "2026-01-01T00:05:00Z".parse().unwrap()
    }

    #[test]
    fn the_platform_comes_first_then_its_parts_then_the_rest_by_name() {
        let conditions: Vec<_> = [
            "MeshReady",
            "ServicesReady",
            "Stalled",
            "KafkaReady",
            "LoggingReady",
            "Ready",
            "SetupComplete",
            "DatabaseReady",
            "Reconciling",
        ]
        .map(|type_| condition(type_, "True", "R"))
        .into();
        let rows = rows(&conditions, Some(1), now());
        let order: Vec<_> = rows.iter().map(|row| row.type_.as_str()).collect();
        assert_eq!(
            order,
            [
                "Ready",
                "Reconciling",
                "Stalled",
                "KafkaReady",
                "DatabaseReady",
                "SetupComplete",
                "ServicesReady",
                "LoggingReady",
                "MeshReady"
            ]
        );
    }

    #[test]
    fn the_tone_tells_good_news_from_bad() {
        let cases = [
            ("Ready", "True", "PlatformReady", Tone::Good),
            ("Ready", "False", "KafkaNotReady", Tone::Bad),
            ("Ready", "False", "Suspended", Tone::Paused),
            ("Reconciling", "True", "Progressing", Tone::Busy),
            ("Reconciling", "False", "Finished", Tone::Good),
            ("Stalled", "True", "PartFailed", Tone::Bad),
            ("Stalled", "False", "NotStalled", Tone::Good),
            ("KafkaReady", "False", "Waiting", Tone::Busy),
            ("SetupComplete", "False", "Failed", Tone::Bad),
            ("KafkaReady", "Unknown", "InvalidSpec", Tone::Unknown),
        ];
        for (type_, status, reason, expected) in cases {
            assert_eq!(
                tone(&condition(type_, status, reason), false),
                expected,
                "{type_}={status}"
            );
        }
    }

    #[test]
    fn not_ready_is_no_alarm_while_reconciling() {
        let ready = condition("Ready", "False", "KafkaNotReady");
        let tone_beside = |reconciling: &str| {
            let conditions = [ready.clone(), condition("Reconciling", reconciling, "R")];
            rows(&conditions, Some(1), now())[0].tone
        };
        assert_eq!(tone_beside("True"), Tone::Busy);
        assert_eq!(tone_beside("False"), Tone::Bad);
    }

    #[test]
    fn a_condition_about_an_older_generation_is_marked_and_is_no_good_news() {
        let conditions = [condition("Ready", "True", "R")];
        let current = &rows(&conditions, Some(1), now())[0];
        assert_eq!((current.older_generation, current.tone), (None, Tone::Good));
        let older = &rows(&conditions, Some(2), now())[0];
        assert_eq!((older.older_generation, older.tone), (Some(1), Tone::Unknown));
    }

    #[test]
    fn a_row_tells_since_when() {
        let row = &rows(&[condition("Ready", "True", "R")], Some(1), now())[0];
        assert_eq!(
            (row.since.age.as_str(), row.since.instant.as_str()),
            ("5m", "2026-01-01T00:00:00Z")
        );
    }

    #[test]
    fn a_parts_name_has_no_suffix_of_the_condition() {
        assert_eq!(part("KafkaReady"), "Kafka");
        assert_eq!(part("SetupComplete"), "Setup");
        assert_eq!(part("Ready"), "Ready");
    }
}
