//! How the setup of the data stores is, and whether it found names there that are another platform's.

use fdp_catalogue::variables;

use crate::{
    kubernetes::{job, names::SETUP},
    model::{health::Health, observed::Observed, reason::Reason},
    plan::setup::job_name,
    spec::{Store, Validated},
};

/// How the setup of the data stores is.
pub(crate) fn set_up(platform: &Validated, observed: &Observed) -> Health {
    let name = job_name(platform, observed);
    let health = job::health(SETUP, &name, observed);
    if health.is_ready() {
        return health;
    }
    match job::last_words(SETUP, &name, observed, variables::CLASH) {
        Some(words) => Health::Held {
            reason: Reason::StoreClash,
            message: clash(&words).to_owned(),
            for_person: true,
        },
        None => health,
    }
}

/// The last words of the setup without their first one: `postgres: the role …`.
fn clash(words: &str) -> &str {
    words.strip_prefix(variables::CLASH).unwrap_or(words).trim()
}

/// Whether the setup found a clash in that store, and not in another one.
pub(super) fn is_clash_in(store: Store, setup: &Health) -> bool {
    matches!(setup, Health::Held { message, .. } if message.starts_with(&format!("{}:", store.name())))
}
