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
    let policy = lifecycle::policy(desired.keep_images);
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
        if repository.lifecycle.as_ref() != Some(&policy) {
            plan.steps.push(lifecycle);
        }
    }
    plan
}
