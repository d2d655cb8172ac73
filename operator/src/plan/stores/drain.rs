//! The wait until everything that was published is read, while no customer is let in. It is bounded: what nobody has read by then
//! is read in the new store.

use fdp_catalogue::Service;
use k8s_openapi::api::apps::v1::Deployment;

use crate::{
    kubernetes::{
        job,
        names::{self, SETUP},
    },
    model::{health::Health, object::ObjectKey, observed::Observed},
    plan::{
        setup::drain_name,
        stores::users::{is_at_rest, running},
    },
    spec::Validated,
};

/// The wait until everything is read.
pub(crate) struct Drain {
    /// The platform with the stores that serve.
    pub platform: Validated,
    /// Tells one change from another.
    pub change: String,
    /// Whether its Job is there, or can be made.
    pub runs: bool,
    /// What is waited for; `None` when everything is read, or the time is up.
    pub waits: Option<Health>,
}

/// How far the wait is.
pub(super) fn drain(platform: &Validated, change: String, observed: &Observed) -> Drain {
    let name = drain_name(platform, &change, observed);
    let is_there = observed.children.get(&ObjectKey::new("Job", &name)).is_some();
    let health = job::health(SETUP, &name, observed);
    let entered = (!is_there).then(|| entered(platform, observed)).flatten();
    let waits = match (&entered, health) {
        (_, Health::Ready) => None,
        (Some(entered), _) => Some(Health::Waiting(format!("customers are kept out: {entered}"))),
        (None, health) => Some(told(health)),
    };
    Drain {
        platform: platform.clone(),
        change,
        runs: entered.is_none(),
        waits,
    }
}

/// The parts through which customers come in.
pub(super) fn entrance() -> impl Iterator<Item = String> {
    let gateway = Service::Gateway.name();
    [gateway.to_owned(), names::canary(gateway)].into_iter()
}

/// Why customers may still come in.
fn entered(platform: &Validated, observed: &Observed) -> Option<String> {
    entrance().find_map(|part| {
        let name = platform.child(&part);
        let deployment = observed.children.typed::<Deployment>(&name);
        if deployment.is_some_and(|deployment| !is_at_rest(&deployment)) {
            return Some(format!("Deployment {name} is being stopped"));
        }
        running(observed, &part)
            .first()
            .and_then(|pod| pod.metadata.name.as_ref())
            .map(|pod| format!("pod {pod} is being stopped"))
    })
}

fn told(health: Health) -> Health {
    let words = |message: String| format!("what is under way is read first: {message}");
    match health {
        Health::Waiting(message) => Health::Waiting(words(message)),
        Health::Failed(message) => Health::Failed(words(message)),
        other => other,
    }
}
