//! Repositories for the images of the services in Amazon ECR.

pub mod actual;
mod apply;
pub mod desired;
mod lifecycle;
mod observe;
pub mod plan;
pub mod step;

use aws_sdk_ecr::Client;
use futures::FutureExt as _;

pub use desired::Desired;

use crate::{
    aws::{
        error::AwsError,
        owner::Owner,
        progress::{PendingCall, Progress},
    },
    model::{cloud::CloudState, health::Health},
};

/// Brings the repositories closer to the desired state, one call after the other.
///
/// Every reconciliation starts from the actual state, so a failed call or a stop between two calls does no harm.
pub async fn reconcile(client: &Client, owner: &Owner, desired: &Desired, suspended: bool) -> Progress {
    let actual = match observe::repositories(client, owner, desired.names()).await {
        Ok(actual) => actual,
        Err(error) => return Progress::failed(&error),
    };
    let plan = plan::plan(desired, &actual);
    let mut progress = Progress {
        state: CloudState {
            health: plan.foreign.iter().map(|name| foreign(name, owner)).collect(),
            repositories: desired.existing(&actual),
            ..CloudState::default()
        },
        ..Progress::default()
    };
    let calls = plan.steps.iter().map(|step| PendingCall {
        operation: step.to_string(),
        call: apply::apply(client, owner, step).boxed(),
    });
    progress.make(calls, suspended).await;
    progress
}

/// Deletes the owner's repositories with that prefix and all their images. Repositories of other owners are kept.
pub async fn delete(client: &Client, owner: &Owner, prefix: &str) -> Result<(), AwsError> {
    for repository in observe::repositories_under(client, owner, prefix).await? {
        apply::delete(client, &repository).await?;
    }
    Ok(())
}

fn foreign(name: &str, owner: &Owner) -> Health {
    Health::Failed(format!(
        "ECR repository {name} is there and not this platform's: choose another cloud.aws.ecr.prefix, or give it the tag {}={} to hand it over",
        crate::aws::owner::TAG,
        owner.value()
    ))
}
