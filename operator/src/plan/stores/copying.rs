//! The copy of a data store while the services are paused, and how far it is.

use crate::{
    components::{kafka, postgres},
    kubernetes::{health, job, names::STORE_COPY},
    model::{health::Health, object::Planned, observed::Observed},
    plan::stores::{form::Copying, users::users},
    spec::{Store, Validated},
};

/// The Job that makes a copy; none makes one of `MongoDB`.
pub(crate) fn copy_job(copying: &Copying, observed: &Observed) -> Option<Planned> {
    let Copying { from, to, pause, .. } = copying;
    match copying.store {
        Store::Kafka => Some(kafka::copy(from, to, pause)),
        Store::Postgres => Some(postgres::copy(from, to, &observed.credentials, pause)),
        Store::Mongodb => None,
    }
}

/// Why a copy is not done; `None` if it is.
pub(super) fn waits(copying: &Copying, observed: &Observed) -> Option<Health> {
    let Copying { from, to, pause, .. } = copying;
    let name = match copying.store {
        Store::Kafka => kafka::copy_name(from, to, pause),
        Store::Postgres => postgres::copy_name(from, to, &observed.credentials, pause),
        Store::Mongodb => return None,
    };
    let health = job::health(STORE_COPY, &name, observed);
    match (health, words(&name, observed)) {
        (Health::Ready, _) => None,
        (Health::Failed(message), Some(words)) => Some(Health::Failed(format!("{message}: {words}"))),
        (_, Some(words)) => Some(Health::Failed(format!("Job {name}: {words}; it is tried again"))),
        (health, None) => Some(health),
    }
}

/// Tells one pause of the services from another: whenever a Deployment gets replicas, and loses them again, its generation is
/// another one, and what was copied before is old.
pub(super) fn pause(store: Store, platform: &Validated, observed: &Observed) -> String {
    let mut generations: Vec<String> = users(platform, observed, store)
        .iter()
        .map(|(deployment, _)| {
            let metadata = &deployment.metadata;
            format!("{:?} {:?}", metadata.uid, metadata.generation)
        })
        .collect();
    generations.sort();
    generations.join(", ")
}

/// The last words of a run that failed.
fn words(name: &str, observed: &Observed) -> Option<String> {
    let mut ends = job::last_words(STORE_COPY, name, observed);
    let (_, said) = ends.find(|(end, _)| end.exit_code != 0)?;
    Some(health::shortened(said))
}
