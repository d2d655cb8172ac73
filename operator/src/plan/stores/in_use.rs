//! Where the data store is that the services use: as the status remembers it, else as their Deployments show it.

use fdp_catalogue::{Service, variables};
use k8s_openapi::api::{apps::v1::Deployment, core::v1::EnvVar};

use crate::{
    kubernetes::names::{self, KAFKA, MONGODB, POSTGRES},
    model::observed::Observed,
    spec::{Place, Store, Validated, former_kafka_prefix, former_postgres_prefix},
};

/// Where a store is that the services use; `None` if they were never up with one.
pub(super) fn in_use(platform: &Validated, observed: &Observed, store: Store) -> Option<Place> {
    if let Some(known) = store.of(&observed.remembered.stores) {
        return Some(remembered(
            platform,
            store,
            &known.provider,
            known.secret.as_deref(),
            known.prefix.as_ref(),
        ));
    }
    // An operator that did not remember the stores has reported the platform.
    if !observed.remembered.served {
        return None;
    }
    let services = platform.services.iter().map(|settings| settings.service.name());
    services
        .filter(|service| store != Store::Mongodb || *service == "order")
        .filter_map(|service| observed.children.typed::<Deployment>(&platform.child(service)))
        .find_map(|deployment| of_deployment(platform, store, &deployment))
}

/// The store that is left, as the status remembers it, until no pod uses it any more.
pub(super) fn former(platform: &Validated, observed: &Observed, store: Store) -> Option<Place> {
    let former = store.of(&observed.remembered.stores)?.former.as_ref()?;
    Some(remembered(
        platform,
        store,
        &former.provider,
        former.secret.as_deref(),
        former.prefix.as_ref(),
    ))
}

/// A place as the status remembers it. A status that says nothing of a prefix is older than prefixes that can be chosen.
fn remembered(
    platform: &Validated,
    store: Store,
    provider: &str,
    secret: Option<&str>,
    prefix: Option<&String>,
) -> Place {
    let Some(secret) = secret else {
        return Place::inside(provider);
    };
    match store {
        Store::Kafka => Place::shared(secret, prefix.cloned().unwrap_or_else(former_kafka_prefix)),
        Store::Postgres => {
            let former = || former_postgres_prefix(&platform.name);
            Place::shared(secret, prefix.cloned().unwrap_or_else(former))
        }
        Store::Mongodb => Place::external(secret),
    }
}

/// Where the store is that the pods of a Deployment use, by their variables; `None` if they use none.
pub(super) fn of_deployment(platform: &Validated, store: Store, deployment: &Deployment) -> Option<Place> {
    let pod = deployment.spec.as_ref()?.template.spec.as_ref()?;
    let variables = pod
        .containers
        .iter()
        .flat_map(|container| container.env.iter().flatten());
    let variables: Vec<&EnvVar> = variables.collect();
    let find = |name: &str| variables.iter().find(|variable| variable.name == name);
    let secret = |name: &str| {
        let source = find(name)?.value_from.as_ref()?;
        Some(source.secret_key_ref.as_ref()?.name.clone())
    };
    let value = |name: &str| find(name)?.value.clone();
    match store {
        Store::Kafka => {
            if let Some(secret) = secret(variables::KAFKA_BROKERS) {
                let prefix = value(variables::KAFKA_PREFIX).unwrap_or_else(former_kafka_prefix);
                return Some(Place::shared(&secret, prefix));
            }
            let managed = format!("{}:", platform.child(KAFKA));
            let is_managed = value(variables::KAFKA_BROKERS)?.starts_with(&managed);
            Some(Place::inside(if is_managed { "Managed" } else { "Strimzi" }))
        }
        Store::Postgres => {
            if let Some(secret) = secret(variables::DATABASE_HOST) {
                let prefix = value(variables::DATABASE_URL).and_then(|url| prefix_of_role(&url));
                let former = || former_postgres_prefix(&platform.name);
                return Some(Place::shared(&secret, prefix.unwrap_or_else(former)));
            }
            let managed = format!("@{}:", platform.child(POSTGRES));
            let is_managed = value(variables::DATABASE_URL)?.contains(&managed);
            Some(Place::inside(if is_managed {
                "Managed"
            } else {
                "CloudNativePG"
            }))
        }
        Store::Mongodb => {
            let order = deployment.metadata.labels.as_ref()?.get(names::NAME_LABEL)?;
            if !order.starts_with("order") {
                return None;
            }
            if let Some(secret) = secret(variables::MONGODB_URL) {
                return Some(Place::external(&secret));
            }
            let managed = format!("@{}:", platform.child(MONGODB));
            let address = value(variables::MONGODB_URL).unwrap_or_default();
            Some(Place::inside(if address.contains(&managed) {
                "Managed"
            } else {
                "None"
            }))
        }
    }
}

/// What stands before the service's name in the role with which it signs in.
fn prefix_of_role(url: &str) -> Option<String> {
    let (role, _) = url.split_once("://")?.1.split_once(':')?;
    let mut services = Service::with_database();
    services.find_map(|service| role.strip_suffix(service.name()).map(str::to_owned))
}
