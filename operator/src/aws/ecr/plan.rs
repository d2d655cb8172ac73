//! Plans the steps towards the desired repositories, without I/O.

use crate::aws::ecr::{actual::ActualRepository, desired::Desired, lifecycle, step::Step};

/// The steps to take.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// The steps in order.
    pub steps: Vec<Step>,
    /// Names of repositories of another owner, which are not changed.
    pub foreign: Vec<String>,
}

/// Compares the desired with the actual state.
pub fn plan(desired: &Desired, actual: &[ActualRepository]) -> Plan {
    let mut plan = Plan::default();
    let policy = lifecycle::policy(desired.immutable_tags);
    for name in desired.names() {
        let lifecycle = Step::Lifecycle {
            name: name.clone(),
            policy: policy.clone(),
        };
        let Some(repository) = actual.iter().find(|repository| repository.name == name) else {
            plan.steps.push(Step::Create {
                name,
                scan_on_push: desired.scan_on_push,
                immutable_tags: desired.immutable_tags,
            });
            plan.steps.push(lifecycle);
            continue;
        };
        if !repository.ours {
            plan.foreign.push(name);
            continue;
        }
        // First of all, so that nothing goes that the other settings let stay.
        if repository.lifecycle.as_ref() != Some(&policy) {
            plan.steps.push(lifecycle);
        }
        if repository.scan_on_push != desired.scan_on_push {
            plan.steps.push(Step::Scan {
                name: name.clone(),
                on_push: desired.scan_on_push,
            });
        }
        if repository.immutable_tags != desired.immutable_tags {
            plan.steps.push(Step::Tags {
                name: name.clone(),
                immutable: desired.immutable_tags,
            });
        }
    }
    plan
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn desired() -> Desired {
        Desired {
            repositories: vec![("order".to_owned(), "shop/order".to_owned())],
            scan_on_push: true,
            immutable_tags: true,
        }
    }

    fn actual() -> ActualRepository {
        ActualRepository {
            name: "shop/order".to_owned(),
            uri: "registry/shop/order".to_owned(),
            ours: true,
            scan_on_push: true,
            immutable_tags: true,
            lifecycle: Some(lifecycle::policy(true)),
        }
    }

    #[test]
    fn a_policy_that_lets_released_images_go_is_replaced() {
        assert_eq!(plan(&desired(), &[actual()]), Plan::default());
        // What earlier versions of the operator have put there.
        let former = json!({ "rules": [
            {
                "rulePriority": 1,
                "description": "images without a tag go after a week",
                "selection": {
                    "tagStatus": "untagged",
                    "countType": "sinceImagePushed",
                    "countUnit": "days",
                    "countNumber": 7,
                },
                "action": { "type": "expire" },
            },
            {
                "rulePriority": 2,
                "description": "of all others the newest stay",
                "selection": { "tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 30 },
                "action": { "type": "expire" },
            },
        ] });
        let there = ActualRepository {
            lifecycle: Some(former),
            ..actual()
        };
        let put = Step::Lifecycle {
            name: "shop/order".to_owned(),
            policy: lifecycle::policy(true),
        };
        assert_eq!(plan(&desired(), &[there]).steps, [put]);
    }

    #[test]
    fn the_policy_changes_before_tags_may_move() {
        let movable = Desired {
            immutable_tags: false,
            ..desired()
        };
        let steps = plan(&movable, &[actual()]).steps;
        assert!(
            matches!(
                &steps[..],
                [Step::Lifecycle { .. }, Step::Tags { immutable: false, .. }]
            ),
            "{steps:?}"
        );
    }
}
