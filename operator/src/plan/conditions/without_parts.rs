//! The conditions of platforms whose parts are not looked at.

use fdp_crds::{CloudStatus, condition};

use crate::{
    model::{
        assessment::{Answer, Assessment, Verdict},
        health::Health,
        reason::Reason,
    },
    plan::conditions::{Part, list, overall, parts},
};

impl Assessment {
    /// A platform whose specification makes no sense: nothing happens until somebody changes it.
    pub fn of_invalid_spec(problem: &str) -> Self {
        let verdict = |type_: &'static str| {
            let (status, message) = match type_ {
                condition::READY => (Answer::False, problem),
                condition::RECONCILING => (Answer::False, "waits for a change of the specification"),
                condition::STALLED => (Answer::True, problem),
                _ => (Answer::Unknown, "not looked at"),
            };
            Verdict {
                type_,
                status,
                reason: Reason::InvalidSpec,
                message: message.to_owned(),
            }
        };
        Self {
            conditions: condition::OF_EVERY_PLATFORM
                .iter()
                .copied()
                .map(verdict)
                .collect(),
            ..Self::default()
        }
    }

    /// A platform whose cluster cannot be worked in; the rest of what it has at the cloud provider is told all the same.
    pub fn without_cluster(health: &[Health], cloud: Option<CloudStatus>) -> Self {
        let cloud_part = Part {
            type_: condition::CLOUD_READY,
            missing: Reason::CloudNotReady,
            ready_message: String::new(),
            health: health.to_vec(),
        };
        let unseen = condition::OF_EVERY_PLATFORM[3..].iter().map(|type_| Verdict {
            type_,
            status: Answer::Unknown,
            reason: Reason::Waiting,
            message: "not looked at, because the platform's cluster cannot be worked in".to_owned(),
        });
        let mut conditions = overall::verdicts(std::slice::from_ref(&cloud_part));
        conditions.extend(unseen);
        conditions.push(parts::verdict(&cloud_part));
        Self {
            conditions,
            cloud,
            ..Self::default()
        }
    }

    /// A platform that is deleted as soon as what it has at the cloud provider is gone.
    pub fn of_deletion(health: &[Health]) -> Self {
        let causes: Vec<String> = health
            .iter()
            .filter_map(|health| health.message().map(str::to_owned))
            .collect();
        let failed = health.iter().any(|health| matches!(health, Health::Failed(_)));
        let verdict = |type_, status| Verdict {
            type_,
            status,
            reason: Reason::Deleting,
            message: list(&causes),
        };
        let (reconciling, stalled) = if failed {
            (Answer::False, Answer::True)
        } else {
            (Answer::True, Answer::False)
        };
        Self {
            conditions: vec![
                verdict(condition::READY, Answer::False),
                verdict(condition::RECONCILING, reconciling),
                verdict(condition::STALLED, stalled),
                verdict(condition::CLOUD_READY, Answer::False),
            ],
            ..Self::default()
        }
    }
}
