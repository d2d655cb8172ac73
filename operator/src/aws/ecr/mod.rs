//! Repositories for the images of the services in Amazon ECR.

mod apply;
mod lifecycle;
mod observe;
pub mod plan;

use aws_sdk_ecr::Client;
use futures::FutureExt as _;

pub use plan::{Repository, Step, Wanted};

use crate::{
    aws::{
        look::{Look, Task},
        owner::Owner,
        problem::Problem,
    },
    model::{cloud::CloudState, health::Health},
};

/// Brings the repositories closer to what is wanted, one call after the other, and says how they are.
///
/// Whatever a call came to, and if this is dropped between two calls, the next look begins with what is there.
pub async fn look(client: &Client, owner: &Owner, wanted: &Wanted, suspended: bool) -> Look {
    let seen = match observe::repositories(client, owner, wanted.names()).await {
        Ok(seen) => seen,
        Err(problem) => return Look::failed(&problem),
    };
    let plan = plan::plan(wanted, &seen);
    let mut look = Look {
        state: CloudState {
            health: plan.foreign.iter().map(|name| foreign(name, owner)).collect(),
            repositories: wanted.found(&seen),
            ..CloudState::default()
        },
        ..Look::default()
    };
    let tasks = plan.steps.iter().map(|step| Task {
        doing: step.to_string(),
        call: apply::apply(client, owner, step).boxed(),
    });
    look.take(tasks, suspended).await;
    look
}

/// Deletes the owner's repositories of that prefix with all their images; those of others stay.
pub async fn delete(client: &Client, owner: &Owner, prefix: &str) -> Result<(), Problem> {
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
