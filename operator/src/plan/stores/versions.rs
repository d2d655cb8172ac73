//! Versions that cannot take over the volume of the one that runs.

use std::borrow::Cow;

use fdp_crds::condition::LOGGING_READY;
use k8s_openapi::api::apps::v1::StatefulSet;

use crate::{
    kubernetes::{
        names::{ELASTICSEARCH, KIBANA},
        stateful_set,
    },
    model::{health::Health, observed::Observed, reason::Reason},
    plan::stores::{
        form::{Stores, condition_of},
        live::image,
    },
    spec::{CHANGE_STORE, Kafka, LoggingRunner, Mongodb, Postgres, Store, Validated},
};

/// Major and minor version, as far as a tag tells them.
type Version = (u32, Option<u32>);

/// Keeps the image of each data store that the operator runs if the one that is asked for cannot take over its volume.
pub(super) fn hold_versions(stores: &mut Stores<'_>, observed: &Observed) {
    for store in Store::ALL {
        if stores.coming.contains(&store) {
            continue;
        }
        let Some(asked) = managed_image(&stores.serving, store).map(str::to_owned) else {
            continue;
        };
        let Some(runs) = last_ran(stores.asked, observed, store) else {
            continue;
        };
        let Some(why) = refused(store, &runs, &asked) else {
            continue;
        };
        let word = format!("{}={asked}", store.name());
        if stores.asked.confirmed_changes.contains(&word) {
            continue;
        }
        let message = format!(
            "{name}.image {asked}: {why}; {runs} runs on. Put {runs} back into spec.{name}.image{way}; if the volume is empty, \
             or was upgraded by other means: kubectl annotate --overwrite fdp {platform} -n {namespace} '{CHANGE_STORE}={word}'",
            name = store.name(),
            way = way(store),
            platform = stores.asked.name,
            namespace = stores.asked.namespace,
        );
        set_image(&mut stores.serving, store, runs);
        stores.held.push((condition_of(store), held(message)));
    }
    hold_elasticsearch(stores, observed);
}

/// Elasticsearch goes up one major version at a time and never down; Kibana keeps its version.
fn hold_elasticsearch(stores: &mut Stores<'_>, observed: &Observed) {
    let logging = stores.serving.logging.as_ref();
    let Some(asked) = logging
        .filter(|logging| logging.runner == LoggingRunner::Operator)
        .and_then(|logging| logging.elasticsearch_image.clone())
    else {
        return;
    };
    let Some(runs) = ready_image(stores.asked, observed, ELASTICSEARCH) else {
        return;
    };
    let Some(why) = one_up(&runs, &asked) else { return };
    let message = format!(
        "Elasticsearch {asked}: {why}; {runs} runs on. Put its version back into spec.logging.elasticsearch"
    );
    let kibana = observed
        .children
        .typed::<k8s_openapi::api::apps::v1::Deployment>(&stores.asked.child(KIBANA))
        .and_then(|deployment| deployment.spec?.template.spec?.containers.first()?.image.clone());
    if let Some(logging) = &mut stores.serving.to_mut().logging {
        logging.elasticsearch_image = Some(runs);
        if let (Some(image), Some(kibana)) = (&mut logging.kibana, kibana) {
            *image = Some(kibana);
        }
    }
    stores.held.push((LOGGING_READY, held(message)));
}

fn held(message: String) -> Health {
    Health::Held {
        reason: Reason::VersionRefused,
        message,
        for_person: true,
    }
}

fn managed_image(platform: &Validated, store: Store) -> Option<&str> {
    let data_store = match store {
        Store::Kafka => match &platform.kafka {
            Kafka::Managed { data_store, .. } => data_store,
            _ => return None,
        },
        Store::Postgres => match &platform.postgres {
            Postgres::Managed(data_store) => data_store,
            _ => return None,
        },
        Store::Mongodb => match &platform.mongodb {
            Mongodb::Managed(data_store) => data_store,
            _ => return None,
        },
    };
    Some(&data_store.image)
}

fn set_image(platform: &mut Cow<'_, Validated>, store: Store, runs: String) {
    let platform = platform.to_mut();
    match store {
        Store::Kafka => {
            if let Kafka::Managed { data_store, .. } = &mut platform.kafka {
                data_store.image = runs;
            }
        }
        Store::Postgres => {
            if let Postgres::Managed(data_store) = &mut platform.postgres {
                data_store.image = runs;
            }
        }
        Store::Mongodb => {
            if let Mongodb::Managed(data_store) = &mut platform.mongodb {
                data_store.image = runs;
            }
        }
    }
}

/// The image that wrote the volume last: the status remembers it, and a server that is ready shows it.
fn last_ran(platform: &Validated, observed: &Observed, store: Store) -> Option<String> {
    let recorded = store
        .of(&observed.remembered.stores)
        .and_then(|known| known.image.clone());
    recorded.or_else(|| ready_image(platform, observed, store.name()))
}

fn ready_image(platform: &Validated, observed: &Observed, part: &str) -> Option<String> {
    if !stateful_set::health(platform, part, observed).is_ready() {
        return None;
    }
    image(&observed.children.typed::<StatefulSet>(&platform.child(part))?)
}

/// Why a version cannot take over the volume of another; `None` if it can, or if nobody can tell.
fn refused(store: Store, runs: &str, asked: &str) -> Option<String> {
    let (old, new) = (version(runs)?, version(asked)?);
    match store {
        Store::Postgres => (old.0 != new.0).then(|| {
            format!(
                "PostgreSQL {} cannot read the volume that PostgreSQL {} has written",
                new.0, old.0
            )
        }),
        Store::Mongodb => one_up(runs, asked),
        Store::Kafka => {
            is_older(new, old).then(|| "an older Kafka cannot read the metadata of a newer one".to_owned())
        }
    }
}

/// Whether a version is older than another, as far as both are known.
fn is_older(new: Version, old: Version) -> bool {
    new.0 < old.0 || (new.0 == old.0 && matches!((new.1, old.1), (Some(new), Some(old)) if new < old))
}

/// Programs that read the volume of the major version before theirs, and of none after it.
fn one_up(runs: &str, asked: &str) -> Option<String> {
    let (old, new) = (version(runs)?, version(asked)?);
    if is_older(new, old) {
        return Some("an older version cannot read the volume that a newer one has written".to_owned());
    }
    (new.0 > old.0 + 1).then(|| {
        format!(
            "from {} to {} leads one major version at a time, by way of {}",
            old.0,
            new.0,
            old.0 + 1
        )
    })
}

fn way(store: Store) -> &'static str {
    match store {
        Store::Postgres => {
            "; to change the version, copy the data to another server: change spec.postgres.provider, which says how"
        }
        Store::Kafka | Store::Mongodb => "",
    }
}

/// The version in the tag of an image; `None` if it has none.
fn version(image: &str) -> Option<Version> {
    let named = image.split('@').next()?;
    let (_, tag) = named.rsplit('/').next()?.split_once(':')?;
    let tag = tag.strip_prefix('v').unwrap_or(tag);
    let mut numbers = tag.split(|c: char| !c.is_ascii_digit());
    let major = numbers.next()?.parse().ok()?;
    // `15-alpine3.20` has no minor version.
    let minor = tag
        .strip_prefix(&format!("{major}."))
        .and_then(|rest| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok());
    // A date or a number of a build, such as 20260101, is no version.
    (major < 1000).then_some((major, minor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_the_tag() {
        for (image, expected) in [
            ("postgres:15", Some((15, None))),
            ("localhost:5000/food/postgres:15.8", Some((15, Some(8)))),
            ("postgres:17-alpine3.20", Some((17, None))),
            ("mongo:v8.0@sha256:00", Some((8, Some(0)))),
            ("apache/kafka:4.3.1", Some((4, Some(3)))),
            ("postgres:latest", None),
            ("postgres", None),
            ("postgres@sha256:15", None),
            ("localhost:5000/postgres", None),
            ("postgres:20260101", None),
        ] {
            assert_eq!(version(image), expected, "{image}");
        }
    }

    #[test]
    fn postgresql_keeps_its_major_version() {
        let refused = |runs: &str, asked: &str| refused(Store::Postgres, runs, asked).is_some();
        assert!(refused("postgres:15", "postgres:17"));
        assert!(refused("postgres:17", "postgres:15"));
        assert!(!refused("postgres:15.4", "elsewhere/postgres:15.8-alpine"));
        assert!(!refused("postgres:15", "postgres:custom"));
    }

    #[test]
    fn mongodb_goes_one_major_version_up_and_none_down() {
        let refused = |runs: &str, asked: &str| refused(Store::Mongodb, runs, asked);
        assert_eq!(refused("mongo:7.0", "mongo:8.0"), None);
        assert!(refused("mongo:6.0", "mongo:8.0").unwrap().contains("by way of 7"));
        assert!(refused("mongo:8.0", "mongo:7.0").is_some());
    }

    #[test]
    fn kafka_never_goes_down() {
        let refused = |runs: &str, asked: &str| refused(Store::Kafka, runs, asked).is_some();
        assert!(refused("kafka:4.3.1", "apache/kafka:4.2.0"));
        assert!(!refused("kafka:4.3.1", "apache/kafka:4.3.0"));
        assert!(!refused("kafka:3.9.0", "apache/kafka:4"));
        assert!(!refused("kafka:4.3.1", "apache/kafka:4"));
        assert!(!refused("kafka:4.3.1", "kafka:5.0.0"));
    }
}
