//! Projects in AWS CodeBuild, which build the services' images from a Git repository.

mod apply;
mod observe;
pub mod plan;
pub mod project;
pub mod seen;
pub mod step;
pub mod wanted;
pub mod webhook;

use aws_sdk_codebuild::Client;
use futures::FutureExt as _;

pub use project::Project;
pub use seen::SeenProject;
pub use step::Step;
pub use wanted::Wanted;

use crate::{
    aws::{
        look::{Look, Task},
        owner::{self, Owner},
    },
    model::{cloud::CloudState, health::Health},
};
use plan::Plan;

/// Brings the projects closer to what is wanted, one call after the other, and says how they are.
///
/// Whatever a call came to, and if this is dropped between two calls, the next look begins with what is there.
pub async fn look(client: &Client, owner: &Owner, wanted: &Wanted, suspended: bool) -> Look {
    let seen = match observe::projects(client, owner, wanted.names()).await {
        Ok(seen) => seen,
        Err(problem) => return Look::failed(&problem),
    };
    let plan = plan::plan(wanted, &seen);
    let state = CloudState {
        health: plan.foreign.iter().map(|name| foreign(name, owner)).collect(),
        projects: wanted.found(&seen),
        ..CloudState::default()
    };
    take(client, owner, state, plan, suspended).await
}

/// Takes away those of these projects that are the owner's, one call after the other; they are gone when the look
/// [is over](Look::is_over). What is somebody else's stays.
pub async fn leave(client: &Client, owner: &Owner, names: Vec<String>) -> Look {
    let seen = match observe::projects(client, owner, names).await {
        Ok(seen) => seen,
        Err(problem) => return Look::failed(&problem),
    };
    let plan = plan::departure(&seen);
    if !plan.foreign.is_empty() {
        tracing::info!(
            platform = owner.value(),
            projects = plan.foreign.join(", "),
            "CodeBuild projects of somebody else stay"
        );
    }
    take(client, owner, CloudState::default(), plan, false).await
}

async fn take(client: &Client, owner: &Owner, state: CloudState, plan: Plan, suspended: bool) -> Look {
    let mut look = Look {
        busy: !plan.waiting.is_empty(),
        state,
        ..Look::default()
    };
    look.state
        .health
        .extend(plan.blocked.into_iter().map(Health::Failed));
    look.state
        .health
        .extend(plan.waiting.into_iter().map(Health::Waiting));
    let tasks = plan.steps.iter().map(|step| Task {
        doing: step.to_string(),
        call: apply::apply(client, owner, step).boxed(),
    });
    look.take(tasks, suspended).await;
    look
}

fn foreign(name: &str, owner: &Owner) -> Health {
    Health::Failed(format!(
        "CodeBuild project {name} is there and not this platform's: give it the tag {}={} to hand it over, or remove cloud.aws.codeBuild and put it back with another prefix",
        owner::TAG,
        owner.value()
    ))
}
