//! Projects in AWS CodeBuild, which build the services' images from a Git repository.

pub mod actual;
mod apply;
pub mod desired;
mod observe;
pub mod plan;
pub mod project;
pub mod sources;
pub mod step;
pub mod webhook;

use aws_sdk_codebuild::Client;
use futures::FutureExt as _;

pub use desired::Desired;

use crate::{
    aws::{
        owner::{self, Owner},
        progress::{PendingCall, Progress},
    },
    model::{cloud::CloudState, health::Health},
};
use plan::Plan;

/// Brings the projects closer to the desired state, one call after the other.
///
/// Every reconciliation starts from the actual state, so a failed call or a stop between two calls does no harm.
pub async fn reconcile(client: &Client, owner: &Owner, desired: &Desired, suspended: bool) -> Progress {
    let actual = match observe::projects(client, owner, desired.names()).await {
        Ok(actual) => actual,
        Err(error) => return Progress::failed(&error),
    };
    let plan = plan::plan(desired, &actual);
    let state = CloudState {
        health: plan.foreign.iter().map(|name| foreign(name, owner)).collect(),
        projects: desired.existing(&actual),
        ..CloudState::default()
    };
    apply_plan(client, owner, state, plan, suspended).await
}

/// Deletes the projects with these names that belong to the owner, one call after the other; they are deleted when the
/// result [is complete](Progress::is_complete). Projects of other owners are kept.
pub async fn finalize(client: &Client, owner: &Owner, names: Vec<String>) -> Progress {
    let actual = match observe::projects(client, owner, names).await {
        Ok(actual) => actual,
        Err(error) => return Progress::failed(&error),
    };
    let plan = plan::deletion(&actual);
    if !plan.foreign.is_empty() {
        tracing::info!(
            platform = owner.value(),
            projects = plan.foreign.join(", "),
            "CodeBuild projects of somebody else stay"
        );
    }
    apply_plan(client, owner, CloudState::default(), plan, false).await
}

async fn apply_plan(
    client: &Client,
    owner: &Owner,
    state: CloudState,
    plan: Plan,
    suspended: bool,
) -> Progress {
    let mut progress = Progress {
        busy: !plan.waiting.is_empty(),
        state,
        ..Progress::default()
    };
    progress
        .state
        .health
        .extend(plan.blocked.into_iter().map(Health::Failed));
    progress
        .state
        .health
        .extend(plan.waiting.into_iter().map(Health::Waiting));
    let calls = plan.steps.iter().map(|step| PendingCall {
        operation: step.to_string(),
        call: apply::apply(client, owner, step).boxed(),
    });
    progress.make(calls, suspended).await;
    progress
}

fn foreign(name: &str, owner: &Owner) -> Health {
    Health::Failed(format!(
        "CodeBuild project {name} is there and not this platform's: give it the tag {}={} to hand it over, or remove cloud.aws.codeBuild and put it back with another prefix",
        owner::TAG,
        owner.value()
    ))
}
