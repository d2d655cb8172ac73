//! The conditions of platforms whose parts were not observed.

use fdp_crds::{CloudStatus, condition};

use crate::{
    model::{
        assessment::{Assessment, Condition, ConditionStatus},
        health::Health,
        reason::Reason,
    },
    plan::conditions::{causes::list, ordering::Ordering, overall, part::Part, parts},
};

impl Assessment {
    /// A platform with an invalid specification: nothing is written until it is changed.
    pub fn of_invalid_spec(problem: &str) -> Self {
        Self::stopped(
            Reason::InvalidSpec,
            problem,
            "waits for a change of the specification",
            "not looked at",
        )
    }

    /// A platform whose cluster cannot be reached; the state at the cloud provider is still reported.
    pub fn without_cluster(health: &[Health], cloud: Option<CloudStatus>) -> Self {
        let cloud_part = Part {
            type_: condition::CLOUD_READY,
            missing: Reason::CloudNotReady,
            ready_message: String::new(),
            notices: Vec::new(),
            health: health.to_vec(),
        };
        let unknown = condition::OF_EVERY_PLATFORM[3..].iter().map(|type_| Condition {
            type_,
            status: ConditionStatus::Unknown,
            reason: Reason::Waiting,
            message: "not looked at, because the platform's cluster cannot be worked in".to_owned(),
        });
        let mut conditions = overall::conditions(std::slice::from_ref(&cloud_part), &Ordering::Unknown);
        conditions.extend(unknown);
        conditions.push(parts::condition(&cloud_part));
        Self {
            conditions,
            cloud,
            ..Self::default()
        }
    }

    /// A platform whose namespace is being deleted, and it with it.
    pub fn of_ending_namespace(namespace: &str) -> Self {
        let message = format!(
            "namespace {namespace} is being deleted, and the platform with it; nothing is created there any more"
        );
        let condition = |type_, status| Condition {
            type_,
            status,
            reason: Reason::NamespaceTerminating,
            message: message.clone(),
        };
        Self {
            conditions: vec![
                condition(condition::READY, ConditionStatus::False),
                condition(condition::RECONCILING, ConditionStatus::True),
                condition(condition::STALLED, ConditionStatus::False),
            ],
            ..Self::default()
        }
    }

    /// A platform that the operator cannot look after because it lacks rights, which the API server names.
    pub fn without_rights(refused: &[String]) -> Self {
        let message = format!("the operator lacks rights: {}", list(refused));
        Self::stopped(
            Reason::RightsMissing,
            &message,
            overall::WAITS_FOR_SOMEBODY,
            "not looked at, because the operator lacks rights",
        )
    }

    /// A platform at which nothing is done until somebody steps in, and of whose parts nothing is known.
    fn stopped(reason: Reason, problem: &str, reconciling: &str, parts: &str) -> Self {
        let condition = |type_: &'static str| {
            let (status, message) = match type_ {
                condition::READY => (ConditionStatus::False, problem),
                condition::RECONCILING => (ConditionStatus::False, reconciling),
                condition::STALLED => (ConditionStatus::True, problem),
                _ => (ConditionStatus::Unknown, parts),
            };
            Condition {
                type_,
                status,
                reason,
                message: message.to_owned(),
            }
        };
        Self {
            conditions: condition::OF_EVERY_PLATFORM
                .iter()
                .copied()
                .map(condition)
                .collect(),
            ..Self::default()
        }
    }

    /// A platform that is deleted as soon as its resources at the cloud provider are gone.
    pub fn of_deletion(health: &[Health]) -> Self {
        let causes: Vec<String> = health
            .iter()
            .filter_map(|health| health.message().map(str::to_owned))
            .collect();
        let failed = health.iter().any(|health| matches!(health, Health::Failed(_)));
        let condition = |type_, status| Condition {
            type_,
            status,
            reason: Reason::Deleting,
            message: list(&causes),
        };
        let (reconciling, stalled) = if failed {
            (ConditionStatus::False, ConditionStatus::True)
        } else {
            (ConditionStatus::True, ConditionStatus::False)
        };
        Self {
            conditions: vec![
                condition(condition::READY, ConditionStatus::False),
                condition(condition::RECONCILING, reconciling),
                condition(condition::STALLED, stalled),
                condition(condition::CLOUD_READY, ConditionStatus::False),
            ],
            ..Self::default()
        }
    }
}
