//! An EKS cluster with its nodes, roles and add-ons.

pub mod actual;
pub mod ami;
mod apply;
pub mod deletion;
pub mod desired;
pub mod kubeconfig;
mod observe;
pub mod plan;
pub mod role;
pub mod step;
pub mod token;
pub mod trust;

use fdp_crds::ClusterStatus;
use futures::FutureExt as _;

pub use desired::{Desired, NodeGroup, Scaling, Version};

use crate::{
    aws::{
        connections::Clients,
        owner::Owner,
        progress::{PendingCall, Progress},
        state::State,
    },
    model::{
        cloud::{CloudState, ClusterAccess},
        health::Health,
    },
};
use actual::Actual;
use plan::Plan;

/// Brings the cluster closer to the desired state, one call after the other.
///
/// Every reconciliation starts from the actual state, so a failed call or a stop between two calls does no harm.
pub async fn reconcile(clients: &Clients, owner: &Owner, desired: &Desired, suspended: bool) -> Progress {
    let actual = match observe::observe(clients, owner, desired).await {
        Ok(actual) => actual,
        Err(error) => return Progress::failed(&error),
    };
    let plan = plan::plan(desired, &actual);
    apply_plan(clients, owner, &desired.name, &actual, plan, suspended).await
}

/// Deletes the platform's cluster of that name and everything that belongs to it, one call after the other; all is
/// deleted when the result [is complete](Progress::is_complete). Resources of other owners are kept.
pub async fn finalize(clients: &Clients, owner: &Owner, name: &str) -> Progress {
    let actual = match observe::for_deletion(clients, owner, name).await {
        Ok(actual) => actual,
        Err(error) => return Progress::failed(&error),
    };
    let plan = deletion::plan(name, &actual);
    apply_plan(clients, owner, name, &actual, plan, false).await
}

/// Observes the platform's cluster of that name without changing it.
pub async fn find(clients: &Clients, owner: &Owner, name: &str) -> Progress {
    let cluster = match observe::cluster(clients, owner, name).await {
        Ok(cluster) => cluster,
        Err(error) => return Progress::failed(&error),
    };
    let actual = Actual {
        cluster,
        ..Actual::default()
    };
    Progress {
        busy: true,
        state: CloudState {
            cluster: status(name, &actual),
            access: access(name, &actual),
            ..CloudState::default()
        },
        ..Progress::default()
    }
}

async fn apply_plan(
    clients: &Clients,
    owner: &Owner,
    name: &str,
    actual: &Actual,
    plan: Plan,
    suspended: bool,
) -> Progress {
    let mut progress = Progress {
        busy: !plan.waiting.is_empty(),
        state: CloudState {
            health: plan
                .blocked
                .into_iter()
                .map(Health::Failed)
                .chain(plan.waiting.into_iter().map(Health::Waiting))
                .collect(),
            cluster: status(name, actual),
            access: access(name, actual),
            ..CloudState::default()
        },
        ..Progress::default()
    };
    let calls = plan.steps.iter().map(|step| {
        let operation = step.describe(name);
        let context = apply::StepContext {
            owner,
            cluster: name,
            token: owner.idempotency_token(&operation, step.revision(actual)),
            operation: operation.clone(),
        };
        PendingCall {
            operation,
            call: context.apply(clients, step).boxed(),
        }
    });
    progress.make(calls, suspended).await;
    progress
}

fn status(name: &str, actual: &Actual) -> Option<ClusterStatus> {
    let cluster = actual.cluster.as_ref().filter(|cluster| cluster.ours)?;
    Some(ClusterStatus {
        name: name.to_owned(),
        version: cluster.version.to_string(),
        endpoint: cluster.endpoint.clone(),
        state: cluster.state.word().to_owned(),
    })
}

/// How to reach the cluster's API server, while it exists and is not being deleted.
fn access(name: &str, actual: &Actual) -> Option<ClusterAccess> {
    let cluster = actual.cluster.as_ref().filter(|cluster| cluster.ours)?;
    let is_being_deleted = matches!(&cluster.state, State::Busy(word) if word == "DELETING");
    if is_being_deleted {
        return None;
    }
    Some(ClusterAccess {
        name: name.to_owned(),
        endpoint: cluster.endpoint.clone()?,
        certificate_authority: cluster.certificate_authority.clone()?,
    })
}
