//! Repositories for the images of the services in Amazon ECR.

mod apply;
mod lifecycle;
mod observe;
pub mod plan;

use aws_sdk_ecr::Client;

pub use plan::{Repository, Step, Wanted};

use super::{owner::Owner, problem::Problem};
use crate::plan::{cloud::CloudState, health::Health};

/// What a look at the repositories has come to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    pub state: CloudState,
    /// Whether something was changed, so that the next look comes soon.
    pub changed: bool,
    /// Whether something went wrong, so that the next look comes later each time.
    pub failed: bool,
}

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
        },
        ..Look::default()
    };
    for step in &plan.steps {
        if suspended {
            look.state
                .health
                .push(Health::Waiting(format!("suspended; when resumed: {step}")));
            continue;
        }
        match apply::apply(client, owner, step).await {
            Ok(()) => {
                look.changed = true;
                look.state
                    .health
                    .push(Health::Waiting(format!("{step}: done, looked at next")));
            }
            Err(problem) => {
                look.failed = true;
                look.state.health.push(problem.health());
                // What one call met, the next ones meet as well, and each of them counts.
                if problem.concerns_every_call() {
                    break;
                }
            }
        }
    }
    look
}

/// Deletes the owner's repositories of that prefix with all their images; those of others stay.
pub async fn delete(client: &Client, owner: &Owner, prefix: &str) -> Result<(), Problem> {
    for repository in observe::repositories_under(client, owner, prefix).await? {
        apply::delete(client, &repository).await?;
    }
    Ok(())
}

impl Look {
    fn failed(problem: &Problem) -> Self {
        Self {
            state: CloudState {
                health: vec![problem.health()],
                ..CloudState::default()
            },
            failed: true,
            changed: false,
        }
    }
}

fn foreign(name: &str, owner: &Owner) -> Health {
    Health::Failed(format!(
        "ECR repository {name} is there and not this platform's: choose another cloud.aws.ecr.prefix, or give it the tag {}={} to hand it over",
        super::owner::TAG,
        owner.value()
    ))
}
