//! What to do where a data store refuses the credentials that its clients have.

use crate::{
    kubernetes::names::{DATABASES, POSTGRES},
    spec::{Store, Validated},
};

/// What a condition says, from the words of the setup: `postgres: password authentication failed …`.
pub(super) fn refused(platform: &Validated, words: &str) -> String {
    let mut stores = Store::ALL.into_iter();
    let Some(store) = stores.find(|store| words.starts_with(&format!("{}:", store.name()))) else {
        return words.to_owned();
    };
    let way = way(platform, store);
    format!("{words}. Who is connected goes on until the next restart. {way}")
}

fn way(platform: &Validated, store: Store) -> String {
    let place = platform.place(store);
    if let Some(secret) = &place.secret {
        return match store {
            Store::Postgres => format!(
                "The setup signs in with Secret {secret}, and gives the services' roles the passwords of Secret {}: put into the \
                 first what the server knows, and let nothing between the two keep older passwords",
                platform.child(DATABASES)
            ),
            Store::Kafka | Store::Mongodb => {
                format!(
                    "The services have the credentials of Secret {secret}: put into it what the server knows"
                )
            }
        };
    }
    let (server, namespace) = (platform.child(store.name()), &platform.namespace);
    if place.is_cloud_native_pg() {
        return format!(
            "CloudNativePG gives its Cluster {server} the password of Secret {}: look at the log of its operator",
            platform.child(POSTGRES)
        );
    }
    format!(
        "The server takes the password of Secret {server} when it starts: kubectl rollout restart statefulset {server} -n \
         {namespace}"
    )
}
