//! Step one: reads everything that the plan depends on.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use k8s_openapi::{api::core::v1::Secret, jiff::Timestamp};
use kube::Api;

use crate::{
    controller::{
        api_call::{ApiCall, retry_after, send},
        caches::POD,
        context::Context,
        platform::PlatformKey,
        target_cluster::TargetCluster,
    },
    kubernetes::health,
    model::{
        events::Events,
        observed::{Children, Credentials, Observed},
    },
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
    /// The `Retry-After` of the API server.
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after(&self.source)
    }
}

/// What was observed, and whether the caches lag behind our own writes.
pub struct Observation {
    pub observed: Observed,
    pub caches_lag: bool,
}

/// Reads the caches. Calls the API server only for a Secret that the caches lack, to be sure that it does not exist
/// before a password is generated, and for the events of objects whose status does not tell why they wait.
pub async fn observe(
    context: &Context,
    cluster: &TargetCluster,
    platform: &Validated,
) -> Result<Observation, ObserveError> {
    let (namespace, name) = (platform.namespace.as_str(), platform.name.as_str());
    let mut children = cluster.copies.objects.children(namespace, name, POD);
    let caches_lag = cluster.writes.overlay(namespace, name, &mut children);
    let credentials = credentials(cluster, platform, &children).await?;
    let mut observed = Observed {
        children,
        pods: cluster.copies.pods_of(namespace, name),
        credentials,
        node_address: cluster.copies.node_address(),
        apis: cluster.copies.apis(),
        metrics: cluster.copies.metrics(),
        cloud: context.aws.state(&PlatformKey::new(namespace, name)),
        events: Events::default(),
        now: Timestamp::now(),
    };
    let silent = health::silent(&observed);
    observed.events = context.events.read(&cluster.client, namespace, &silent).await;
    Ok(Observation { observed, caches_lag })
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

/// The values of a Secret; empty if it does not exist.
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
    let call = ApiCall {
        verb: "get",
        kind: "Secret",
        name: &name,
    };
    let api = Api::<Secret>::namespaced(cluster.client.clone(), &platform.namespace);
    let secret = send(call, api.get_opt(&name)).await;
    let secret = secret.map_err(|source| ObserveError { name, source })?;
    Ok(passwords::values(secret))
}

/// A new password of 128 random bits, in hexadecimal so that it needs no escaping anywhere.
///
/// A suspended platform writes nothing, so its password must not change at every reconciliation.
fn generate(suspended: bool) -> String {
    if suspended {
        return "suspended".to_owned();
    }
    format!("{:032x}", rand::random::<u128>())
}

/// Replaces observed objects by those that were just written.
pub fn replace_written(
    observed: &mut Observed,
    written: impl IntoIterator<Item = (kube::core::ApiResource, Arc<kube::core::DynamicObject>)>,
) {
    for (resource, object) in written {
        observed.children.insert(&resource, object);
    }
}
