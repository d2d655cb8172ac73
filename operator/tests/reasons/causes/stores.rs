//! Causes for reasons of data stores, and of the Secrets that lead to them.

use fdp_crds::condition::{DATABASE_READY, KAFKA_READY, SERVICES_READY, SETUP_COMPLETE};
use fdp_operator::{
    model::{reason::Reason, referenced::Referenced},
    settings::{ReferencedSecrets, Settings},
};
use serde_json::{Value, json};

use crate::{
    causes::{Cause, cause},
    support,
    world::{World, filled},
};

/// Secrets that somebody else has to make, or to share.
pub(super) fn secrets() -> Vec<Cause> {
    let lost = World::plain()
        .asked(external("postgres", "rds"), None)
        .see(|observed| {
            let empty = Referenced::default();
            observed.referenced.insert("rds".to_owned(), empty);
        });
    let settings = Settings {
        referenced_secrets: ReferencedSecrets::Labelled,
        ..Settings::default()
    };
    let spec = json!({ "notifications": { "kakao": { "secretRef": { "name": "kakao-app" } } } });
    let kakao = || filled(&[("restApiKey", "a"), ("refreshToken", "b")]);
    let mut unshared = World::fresh(spec)
        .see(|observed| drop(observed.referenced.insert("kakao-app".to_owned(), kakao())))
        .settled();
    unshared.platform = support::platform(&unshared.spec, &json!({}), &settings);
    let unshared = unshared.see(|observed| {
        let mut unlabelled = kakao();
        unlabelled.unlabelled = true;
        observed.referenced.insert("kakao-app".to_owned(), unlabelled);
    });
    vec![
        cause(
            Reason::SecretMissing,
            DATABASE_READY,
            "False",
            "Secret rds",
            &lost,
        ),
        cause(
            Reason::SecretNotShared,
            SERVICES_READY,
            "False",
            "kubectl label --overwrite secret kakao-app",
            &unshared,
        ),
    ]
}

fn external(store: &str, secret: &str) -> Value {
    json!({ store: { "provider": "External", "secretRef": { "name": secret } } })
}

/// Data stores that are changed, shared, upgraded, and that refuse.
pub(super) fn stores() -> Vec<Cause> {
    let asked = |word| {
        World::plain()
            .asked(external("postgres", "rds"), word)
            .carried_out()
    };
    let mongodb = World::up(json!({ "mongodb": { "provider": "Managed" } }))
        .asked(external("mongodb", "atlas"), None)
        .carried_out();
    let newer = World::plain().asked(
        json!({ "postgres": { "image": "registry.example.com/postgres:17" } }),
        None,
    );
    let taken = "StoreClash postgres: the role 'food_shop_order' belongs to the platform fast/shop";
    let clash = World::fresh(external("postgres", "rds")).setup_says(taken);
    let refused = |spec: Value, words: &str| World::fresh(spec).setup_says(words);
    let orders = "StoreClash mongodb: the database 'order' belongs to the platform fast/shop";
    let orders = World::fresh(external("mongodb", "atlas")).setup_says(orders);
    let postgres = refused(
        json!({}),
        "SignInRefused postgres: password authentication failed",
    );
    let there = refused(
        external("postgres", "rds"),
        "SignInRefused postgres: password authentication failed",
    );
    let kafka = refused(
        external("kafka", "msk"),
        "SignInRefused kafka: Authentication failed",
    );
    vec![
        cause(
            Reason::StoreChangeUnconfirmed,
            DATABASE_READY,
            "False",
            "kubectl annotate --overwrite fdp shop",
            &asked(None),
        ),
        cause(
            Reason::StoreChangeUnconfirmed,
            DATABASE_READY,
            "False",
            "mongodump",
            &mongodb,
        ),
        cause(
            Reason::StoreChanging,
            DATABASE_READY,
            "False",
            "postgres",
            &asked(Some("postgres=External/rds")),
        ),
        cause(
            Reason::VersionRefused,
            DATABASE_READY,
            "False",
            "postgres:17",
            &newer,
        ),
        cause(Reason::StoreClash, SETUP_COMPLETE, "False", "fast/shop", &clash),
        cause(
            Reason::StoreClash,
            DATABASE_READY,
            "False",
            "the database 'order'",
            &orders,
        ),
        cause(
            Reason::SignInRefused,
            DATABASE_READY,
            "False",
            "kubectl rollout restart statefulset shop-postgres",
            &postgres,
        ),
        cause(
            Reason::SignInRefused,
            DATABASE_READY,
            "False",
            "Secret rds",
            &there,
        ),
        cause(Reason::SignInRefused, KAFKA_READY, "False", "Secret msk", &kafka),
    ]
}

/// Data stores of others before anybody has spoken to them.
pub(super) fn never_spoken_to() -> Vec<Cause> {
    [
        (
            "postgres",
            "rds",
            DATABASE_READY,
            "postgres: nobody has spoken to the one of Secret rds yet",
        ),
        (
            "kafka",
            "msk",
            KAFKA_READY,
            "kafka: nobody has spoken to the one of Secret msk yet",
        ),
        (
            "mongodb",
            "atlas",
            DATABASE_READY,
            "mongodb: nobody has spoken to the one of Secret atlas yet",
        ),
    ]
    .map(|(store, secret, condition, words)| {
        cause(
            Reason::Waiting,
            condition,
            "False",
            words,
            &World::fresh(external(store, secret)),
        )
    })
    .into()
}
