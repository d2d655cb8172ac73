//! Step one: reads everything that the plan depends on.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use fdp_crds::FoodDeliveryPlatformStatus;
use k8s_openapi::{api::core::v1::Secret, jiff::Timestamp};
use kube::Api;

use crate::{
    controller::{
        api_call::{ApiCall, retry_after, send},
        caches::POD,
        context::Context,
        host_claims,
        platform::PlatformKey,
        target_cluster::TargetCluster,
        unstored_passwords::generate,
    },
    kubernetes::{health, shared_secrets},
    model::{
        events::Events,
        observed::{Children, Credentials, Observed},
        referenced::Referenced,
        remembered::Remembered,
    },
    plan::{
        self, passwords,
        secrets::{Named, Reader},
    },
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

    fn is_forbidden(&self) -> bool {
        matches!(&self.source, kube::Error::Api(status) if status.code == 403)
    }
}

/// What was observed, and whether the caches lag behind our own writes.
pub struct Observation {
    pub observed: Observed,
    pub caches_lag: bool,
}

/// Reads the caches. Calls the API server only for a Secret that the caches lack, to be sure that it does not exist
/// before a password is generated, for Secrets that the specification names and that are not labelled for it, and for the
/// events of objects whose status does not tell why they wait.
pub async fn observe(
    context: &Context,
    cluster: &TargetCluster,
    platform: &Validated,
    created: Option<Timestamp>,
    last_status: &FoodDeliveryPlatformStatus,
) -> Result<Observation, ObserveError> {
    let (namespace, name) = (platform.namespace.as_str(), platform.name.as_str());
    let mut children = cluster.copies.objects.children(namespace, name, POD);
    let caches_lag = cluster.writes.overlay(namespace, name, &mut children);
    let credentials = credentials(context, cluster, platform, &children).await?;
    let mut observed = Observed {
        children,
        pods: cluster.copies.pods_of(namespace, name),
        credentials,
        node_address: cluster.copies.node_address(),
        apis: cluster.copies.apis(),
        metrics: cluster.copies.metrics(),
        network: cluster.copies.network(),
        cloud: context.aws.state(&PlatformKey::new(namespace, name)),
        events: Events::default(),
        now: Timestamp::now(),
        remembered: Remembered::of(last_status),
        referenced: BTreeMap::new(),
        created,
        drills: context.caches.drills.of(namespace, name),
        host_claims: host_claims::of_others(&context.caches, platform),
    };
    for named in plan::secrets::asks_for(platform, &observed) {
        let known = referenced(cluster, &named).await?;
        let key = named.key(platform);
        observed.referenced.extend(known.map(|known| (key, known)));
    }
    let silent = health::silent(&observed);
    observed.events = context.events.read(&cluster.client, namespace, &silent).await;
    Ok(Observation { observed, caches_lag })
}

async fn credentials(
    context: &Context,
    cluster: &TargetCluster,
    platform: &Validated,
    children: &Children,
) -> Result<Credentials, ObserveError> {
    let mut known = BTreeMap::new();
    let parts = passwords::parts(platform);
    for part in passwords::PARTS {
        // A part that is left still has its Secret.
        let left = || children.typed::<Secret>(&platform.child(part)).is_some();
        if parts.contains(&part) || left() {
            known.insert(part, secret(cluster, platform, children, part).await?);
        }
    }
    let of = PlatformKey::new(&platform.namespace, &platform.name);
    Ok(passwords::credentials(|part, key| match known.get(part) {
        // A suspended platform writes nothing, so its password must not change at every reconciliation.
        _ if platform.suspend && value(&known, part, key).is_none() => "suspended".to_owned(),
        Some(_) => match value(&known, part, key) {
            Some(stored) => {
                context.passwords.stored(&of, part, key);
                stored
            }
            None => context.passwords.get(&of, part, key),
        },
        // The platform has no such Secret, so nothing reads it.
        None => generate(),
    }))
}

fn value(known: &BTreeMap<&str, BTreeMap<String, String>>, part: &str, key: &str) -> Option<String> {
    known.get(part)?.get(key).cloned()
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
    Ok(passwords::values(read(cluster, &platform.namespace, name).await?))
}

/// What is known of a Secret that the specification names; `None` if it must not be read.
async fn referenced(cluster: &TargetCluster, named: &Named) -> Result<Option<Referenced>, ObserveError> {
    if let Some(known) = cluster.copies.shared_secret(&named.namespace, &named.name) {
        return Ok(Some(known));
    }
    match read(cluster, &named.namespace, named.name.clone()).await {
        Ok(secret) => Ok(Some(
            secret
                .as_ref()
                .map(shared_secrets::referenced)
                .unwrap_or_default(),
        )),
        Err(error) if named.reader == Reader::Ingress && error.is_forbidden() => Ok(None),
        Err(error) => Err(error),
    }
}

async fn read(
    cluster: &TargetCluster,
    namespace: &str,
    name: String,
) -> Result<Option<Secret>, ObserveError> {
    let call = ApiCall {
        verb: "get",
        kind: "Secret",
        name: &name,
    };
    let api = Api::<Secret>::namespaced(cluster.client.clone(), namespace);
    let secret = send(call, api.get_opt(&name)).await;
    secret.map_err(|source| ObserveError { name, source })
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
