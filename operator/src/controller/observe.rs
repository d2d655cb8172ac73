//! Step one: reads everything that the plan depends on.

use std::{collections::BTreeMap, sync::Arc};

use k8s_openapi::api::core::v1::Secret;
use kube::Api;

use super::{Context, caches::belongs};
use crate::plan::{
    catalog::Service,
    names,
    observed::{Children, Credentials, Observed},
    secrets,
    validated::Validated,
};

/// What could not be read.
#[derive(Debug, thiserror::Error)]
#[error("read Secret {name}")]
pub struct ObserveError {
    name: String,
    #[source]
    source: kube::Error,
}

/// What was seen, and whether the caches lag behind our own writes.
pub struct Observation {
    pub observed: Observed,
    pub caches_lag: bool,
}

/// Reads the caches. Calls the API server only for a Secret that the caches do not show, to be sure that
/// there is none before a password is generated.
pub async fn observe(context: &Context, platform: &Validated) -> Result<Observation, ObserveError> {
    let (namespace, name) = (platform.namespace.as_str(), platform.name.as_str());
    let mut children = Children::default();
    for (resource, store) in &context.caches.children {
        for object in store.state_filter(|object| belongs(object, namespace, name)) {
            children.insert(resource, object);
        }
    }
    let caches_lag = context.writes.overlay(namespace, name, &mut children);
    let credentials = credentials(context, platform, &children).await?;
    Ok(Observation {
        observed: Observed {
            children,
            pods: context.caches.pods_of(namespace, name),
            credentials,
            node_address: context.caches.node_address(),
        },
        caches_lag,
    })
}

async fn credentials(
    context: &Context,
    platform: &Validated,
    children: &Children,
) -> Result<Credentials, ObserveError> {
    let postgres = secret(context, platform, children, names::POSTGRES).await?;
    let databases = secret(context, platform, children, names::DATABASES).await?;
    let password = |known: &BTreeMap<String, String>, key: &str| {
        known
            .get(key)
            .cloned()
            .unwrap_or_else(|| generate(platform.suspend))
    };
    Ok(Credentials {
        postgres: password(&postgres, secrets::PASSWORD),
        databases: Service::with_database()
            .map(|service| (service.name().to_owned(), password(&databases, service.name())))
            .collect(),
    })
}

/// The values of a Secret that is there; none if it is not.
async fn secret(
    context: &Context,
    platform: &Validated,
    children: &Children,
    part: &str,
) -> Result<BTreeMap<String, String>, ObserveError> {
    let name = platform.child(part);
    let secret = match children.typed::<Secret>(&name) {
        Some(secret) => Some(secret),
        None => Api::<Secret>::namespaced(context.client.clone(), &platform.namespace)
            .get_opt(&name)
            .await
            .map_err(|source| ObserveError { name, source })?,
    };
    Ok(secret
        .and_then(|secret| secret.data)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(key, value)| Some((key, String::from_utf8(value.0).ok()?)))
        .filter(|(_, value)| !value.is_empty())
        .collect())
}

/// A new password of 128 random bits, in hexadecimal so that it needs no escaping anywhere.
///
/// A suspended platform writes nothing, and so must not have another password at every look.
fn generate(suspended: bool) -> String {
    if suspended {
        return "suspended".to_owned();
    }
    format!("{:032x}", rand::random::<u128>())
}

/// Puts objects that were just written in the place of what was observed.
pub fn absorb(
    observed: &mut Observed,
    written: impl IntoIterator<Item = (kube::core::ApiResource, Arc<kube::core::DynamicObject>)>,
) {
    for (resource, object) in written {
        observed.children.insert(&resource, object);
    }
}
