//! The command that copies what is in one data store to another.

use crate::{
    kubernetes::names::MONGODB,
    spec::{Place, Store, Validated},
};

/// What to do for a shell that copies what is in one data store to another; nothing where a Job does it.
pub(super) fn command(platform: &Validated, store: Store, from: &Place, to: &Place) -> String {
    match store {
        Store::Mongodb => mongodb(platform, from, to),
        Store::Kafka | Store::Postgres => String::new(),
    }
}

fn mongodb(platform: &Validated, from: &Place, to: &Place) -> String {
    let namespace = &platform.namespace;
    let inside = |program: &str| {
        format!(
            "kubectl exec -i {}-0 -n {namespace} -c mongodb -- sh -c '{program} --archive --quiet --authenticationDatabase admin \
             -u root -p \"$MONGO_INITDB_ROOT_PASSWORD\"'",
            platform.child(MONGODB)
        )
    };
    let outside = |program: &str, secret: &str| {
        format!(
            "{program} --archive --quiet --uri \"$(kubectl get secret {secret} -n {namespace} -o jsonpath='{{.data.url}}' | base64 -d)\""
        )
    };
    let by = |program: &str, place: &Place| match &place.secret {
        Some(secret) => Some(outside(program, secret)),
        None => place.is_managed().then(|| inside(program)),
    };
    match (by("mongodump", from), by("mongorestore", to)) {
        (Some(read), Some(write)) => format!("{read} | {write}"),
        _ => "there is no command between MongoDB and PostgreSQL: let open orders come to their end first"
            .to_owned(),
    }
}
