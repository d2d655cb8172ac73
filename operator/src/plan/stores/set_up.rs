//! How the setup of the data stores is, and what it found there that somebody has to mend: names that are another platform's,
//! or credentials that a store refuses.

use fdp_catalogue::variables;

use crate::{
    kubernetes::{job, names::SETUP},
    model::{health::Health, observed::Observed, reason::Reason},
    plan::{setup::job_name, stores::refused::refused},
    spec::{Store, Validated},
};

/// How the setup of the data stores is.
pub(crate) fn set_up(platform: &Validated, observed: &Observed) -> Health {
    let name = job_name(platform, observed);
    let health = job::health(SETUP, &name, observed);
    if health.is_ready() {
        return health;
    }
    let last_words = |start: &str| {
        let mut words = job::last_words(SETUP, &name, observed);
        words.find_map(|(_, words)| Some(words.strip_prefix(start)?.trim().to_owned()))
    };
    let held = |reason, message| Health::Held {
        reason,
        message,
        for_person: true,
    };
    if let Some(words) = last_words(variables::CLASH) {
        return held(Reason::StoreClash, words);
    }
    match last_words(variables::REFUSED) {
        Some(words) => held(Reason::SignInRefused, refused(platform, &words)),
        None => health,
    }
}

/// What the message of `KafkaReady` adds if another platform has the same topics, which this release only tells.
pub(crate) fn shared_topics(platform: &Validated, observed: &Observed) -> Option<String> {
    let there = platform.shared(Store::Kafka)?;
    let name = job_name(platform, observed);
    let mut words = job::last_words(SETUP, &name, observed);
    let other = words.find_map(|(_, words)| {
        words
            .strip_prefix(variables::SHARED)?
            .trim()
            .strip_prefix("kafka:")
    })?;
    Some(format!(
        "platform {other} has the same topics on the Kafka of Secret {secret}, so that each takes the other's events, and the \
         next release refuses that: give one of the two a prefix in spec.kafka.prefix or, if that platform is gone, delete \
         the topic fooddelivery.owner, and then Job {name}",
        other = other.trim(),
        secret = there.secret,
    ))
}

/// Why somebody has to mend something in that store before the setup can go on; `None` if there is nothing, or in another one.
pub(super) fn problem_in(store: Store, setup: &Health) -> Option<Reason> {
    match setup {
        Health::Held { reason, message, .. } if message.starts_with(&format!("{}:", store.name())) => {
            Some(*reason)
        }
        _ => None,
    }
}
