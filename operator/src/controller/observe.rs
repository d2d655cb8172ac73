//! Step one: reads everything that the plan depends on.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use k8s_openapi::api::core::v1::Secret;
use kube::Api;

use crate::{
    controller::{
        Context,
        caches::POD,
        patience::{Question, answer, retry_after},
        target::TargetCluster,
    },
    model::observed::{Children, Credentials, Observed},
    plan::passwords,
    spec::Validated,
};

/// What could not be read.
#[derive(Debug, thiserror::Error)]
#[error("read Secret {name}")]
pub struct ObserveError {
    name: String,
    #[source]
    source: kube::Error,
}

impl ObserveError {
    /// How long the API server asks to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.source)
    }
}

/// What was seen, and whether the caches lag behind our own writes.
pub struct Observation {
    pub observed: Observed,
    pub caches_lag: bool,
}

/// Reads the caches. Calls the API server only for a Secret that the caches do not show, to be sure that
/// there is none before a password is generated.
pub async fn observe(
    context: &Context,
    cluster: &TargetCluster,
    platform: &Validated,
) -> Result<Observation, ObserveError> {
    let (namespace, name) = (platform.namespace.as_str(), platform.name.as_str());
    let mut children = cluster.copies.objects.children(namespace, name, POD);
    let caches_lag = cluster.writes.overlay(namespace, name, &mut children);
    let credentials = credentials(cluster, platform, &children).await?;
    Ok(Observation {
        observed: Observed {
            children,
            pods: cluster.copies.pods_of(namespace, name),
            credentials,
            node_address: cluster.copies.node_address(),
            apis: cluster.copies.apis(),
            metrics: cluster.copies.metrics(),
            cloud: context
                .clouds
                .state(&(platform.namespace.clone(), platform.name.clone())),
        },
        caches_lag,
    })
}

async fn credentials(
    cluster: &TargetCluster,
    platform: &Validated,
    children: &Children,
) -> Result<Credentials, ObserveError> {
    let mut known = BTreeMap::new();
    for part in passwords::parts(platform) {
        known.insert(part, secret(cluster, platform, children, part).await?);
    }
    Ok(passwords::credentials(|part, key| {
        let value = known
            .get(part)
            .and_then(|values: &BTreeMap<_, _>| values.get(key));
        value.cloned().unwrap_or_else(|| generate(platform.suspend))
    }))
}

/// The values of a Secret that is there; none if it is not.
async fn secret(
    cluster: &TargetCluster,
    platform: &Validated,
    children: &Children,
    part: &str,
) -> Result<BTreeMap<String, String>, ObserveError> {
    let name = platform.child(part);
    if let Some(secret) = children.typed::<Secret>(&name) {
        return Ok(passwords::values(Some(secret)));
    }
    let question = Question {
        verb: "get",
        kind: "Secret",
        name: &name,
    };
    let api = Api::<Secret>::namespaced(cluster.client.clone(), &platform.namespace);
    let secret = answer(question, api.get_opt(&name)).await;
    let secret = secret.map_err(|source| ObserveError { name, source })?;
    Ok(passwords::values(secret))
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
