//! Whether a new data store can be set up, and whether it is.

use crate::{
    components::{kafka, mongodb, postgres},
    model::{health::Health, observed::Observed},
    plan::stores::{change::Change, referenced::problem, set_up::problem_in},
    spec::{Store, Validated},
};

/// Why the new store cannot be set up yet.
pub(super) fn not_ready(platform: &Validated, change: &Change, observed: &Observed) -> Option<Health> {
    let store = change.store;
    if let Some(secret) = &change.asked.secret {
        let problem = problem(store, secret, platform, observed)?;
        return Some(Health::Held {
            reason: problem.reason,
            message: problem.message,
            for_person: false,
        });
    }
    let health = match store {
        Store::Kafka => kafka::brokers_health(platform, observed),
        Store::Postgres => postgres::health(platform, observed),
        Store::Mongodb => mongodb::health(platform, observed).into_iter().collect(),
    };
    health.into_iter().find(|health| !health.is_ready())
}

/// Why the new store is not set up yet, or nobody could sign in there. The setup makes nothing in `MongoDB`: order does.
pub(super) fn not_set_up(change: &Change, setup: &Health) -> Option<Health> {
    let message = setup.message()?;
    let message = format!(
        "{}: {} is being set up: {message}",
        change.store.name(),
        change.asked()
    );
    Some(if let Some(reason) = problem_in(change.store, setup) {
        Health::Held {
            reason,
            message,
            for_person: true,
        }
    } else if setup.needs_person() {
        Health::Failed(message)
    } else {
        Health::Waiting(message)
    })
}

/// The same health, whose message says that the old store serves meanwhile.
pub(super) fn serves_on(health: Health, change: &Change) -> Health {
    let told = |message: String| format!("{message}; until then {} serves on", change.used());
    match health {
        Health::Waiting(message) => Health::Waiting(told(message)),
        Health::Failed(message) => Health::Failed(told(message)),
        Health::Held {
            reason,
            message,
            for_person,
        } => Health::Held {
            reason,
            message: told(message),
            for_person,
        },
        Health::Ready | Health::Absent(_) | Health::Unreachable(_) => health,
    }
}
