//! A cluster of Amazon EKS with its nodes, its roles and its add-ons.

mod apply;
pub mod departure;
pub mod kubeconfig;
mod observe;
pub mod plan;
pub mod role;
pub mod seen;
pub mod step;
pub mod token;
pub mod wanted;

use fdp_crds::ClusterStatus;
use futures::FutureExt as _;

pub use role::Role;
pub use seen::{Seen, State};
pub use step::{Removal, Step};
pub use wanted::{NodeGroup, Scaling, Size, Version, Wanted};

use crate::{
    aws::{
        connections::Clients,
        look::{Look, Task},
        owner::Owner,
    },
    model::{
        cloud::{CloudState, ClusterAccess},
        health::Health,
    },
};
use plan::Plan;

/// Brings the cluster closer to what is wanted, one call after the other, and says how it is.
///
/// Whatever a call came to, and if this is dropped between two calls, the next look begins with what is there.
pub async fn look(clients: &Clients, owner: &Owner, wanted: &Wanted, suspended: bool) -> Look {
    let seen = match observe::observe(clients, owner, wanted).await {
        Ok(seen) => seen,
        Err(problem) => return Look::failed(&problem),
    };
    let plan = plan::plan(wanted, &seen);
    take(clients, owner, &wanted.name, &seen, plan, suspended).await
}

/// Takes away what the platform has of a cluster of that name, one call after the other; it is gone when the look
/// [is over](Look::is_over). What is somebody else's stays.
pub async fn leave(clients: &Clients, owner: &Owner, name: &str) -> Look {
    let seen = match observe::remains(clients, owner, name).await {
        Ok(seen) => seen,
        Err(problem) => return Look::failed(&problem),
    };
    let plan = departure::plan(name, &seen);
    take(clients, owner, name, &seen, plan, false).await
}

/// Looks for the platform's cluster of that name, and changes nothing.
pub async fn find(clients: &Clients, owner: &Owner, name: &str) -> Look {
    let cluster = match observe::cluster(clients, owner, name).await {
        Ok(cluster) => cluster,
        Err(problem) => return Look::failed(&problem),
    };
    let seen = Seen {
        cluster,
        ..Seen::default()
    };
    Look {
        busy: true,
        state: CloudState {
            cluster: status(name, &seen),
            access: access(name, &seen),
            ..CloudState::default()
        },
        ..Look::default()
    }
}

async fn take(
    clients: &Clients,
    owner: &Owner,
    name: &str,
    seen: &Seen,
    plan: Plan,
    suspended: bool,
) -> Look {
    let mut look = Look {
        busy: !plan.waiting.is_empty(),
        state: CloudState {
            health: plan
                .blocked
                .into_iter()
                .map(Health::Failed)
                .chain(plan.waiting.into_iter().map(Health::Waiting))
                .collect(),
            cluster: status(name, seen),
            access: access(name, seen),
            ..CloudState::default()
        },
        ..Look::default()
    };
    let tasks = plan.steps.iter().map(|step| {
        let doing = step.describe(name);
        let call = apply::Call {
            owner,
            cluster: name,
            token: owner.token(&doing, step.occasion(seen)),
            doing: doing.clone(),
        };
        Task {
            doing,
            call: call.make(clients, step).boxed(),
        }
    });
    look.take(tasks, suspended).await;
    look
}

fn status(name: &str, seen: &Seen) -> Option<ClusterStatus> {
    let cluster = seen.cluster.as_ref().filter(|cluster| cluster.ours)?;
    Some(ClusterStatus {
        name: name.to_owned(),
        version: cluster.version.to_string(),
        endpoint: cluster.endpoint.clone(),
        state: cluster.state.word().to_owned(),
    })
}

/// How to reach the cluster's API server, from its coming to its going.
fn access(name: &str, seen: &Seen) -> Option<ClusterAccess> {
    let cluster = seen.cluster.as_ref().filter(|cluster| cluster.ours)?;
    let goes = matches!(&cluster.state, State::Busy(word) if word == "DELETING");
    if goes {
        return None;
    }
    Some(ClusterAccess {
        name: name.to_owned(),
        endpoint: cluster.endpoint.clone()?,
        certificate_authority: cluster.certificate_authority.clone()?,
    })
}
