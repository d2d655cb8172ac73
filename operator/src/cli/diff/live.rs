//! Reads the inputs of a platform's plan and the objects that it is compared with. Writes nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use fdp_crds::FoodDeliveryPlatform;
use futures::future::try_join_all;
use k8s_openapi::api::{autoscaling::v2::HorizontalPodAutoscaler, core::v1::Secret};
use kube::{
    Api, Client, Resource,
    api::ListParams,
    core::{ApiResource, DynamicObject},
};

use crate::{
    connect::{ClusterError, cluster_network, is_not_found},
    kubernetes::{foreign_autoscalers, names, shared_secrets},
    model::{
        apis::{Apis, Family},
        cluster_network::ClusterNetwork,
        object::{ObjectKey, Planned},
        observed::Children,
        referenced::Referenced,
        remembered::Remembered,
    },
    plan::{owned_kinds, passwords},
    spec::child_name,
};

/// The objects of one platform in a cluster.
#[derive(Debug)]
pub(super) struct Live {
    /// Its resource, if it exists.
    pub(super) platform: Option<DynamicObject>,
    /// The objects with its labels, and the Secrets with its passwords.
    pub(super) children: Children,
    /// The custom resource kinds that the cluster serves.
    pub(super) apis: Apis,
    /// The Deployments that somebody else's autoscaler scales.
    pub(super) scaled_by_others: BTreeSet<String>,
    /// What network policies have to know of the cluster.
    pub(super) network: ClusterNetwork,
    /// Why its Secrets could not be read; `None` if they could.
    pub(super) secrets_unreadable: Option<String>,
}

impl Live {
    /// What the status of the platform remembers.
    pub(super) fn remembered(&self) -> Remembered {
        let platform = self.platform.clone();
        platform
            .and_then(|platform| serde_json::from_value(platform.data.get("status")?.clone()).ok())
            .map(|status| Remembered::of(&status))
            .unwrap_or_default()
    }
}

/// Reads a Secret that the specification names; `None` without the permission to.
pub(super) async fn read_referenced(
    client: &Client,
    namespace: &str,
    name: &str,
) -> Result<Option<Referenced>, ClusterError> {
    match get(client, namespace, &ApiResource::erase::<Secret>(&()), name).await {
        Ok(secret) => {
            let secret = secret.and_then(|secret| secret.try_parse::<Secret>().ok());
            let known = secret.map(|secret| shared_secrets::referenced(&secret));
            Ok(Some(known.unwrap_or_default()))
        }
        Err(ClusterError::Forbidden { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads a platform's resource and the objects with its labels.
pub(super) async fn read(client: &Client, namespace: &str, name: &str) -> Result<Live, ClusterError> {
    let kind = ApiResource::erase::<FoodDeliveryPlatform>(&());
    // The platform also counts as absent if the cluster does not serve its kind yet.
    let platform = get(client, namespace, &kind, name).await?;
    let apis = apis(client).await?;
    // The address at which this computer asks for names says nothing about the cluster.
    let network = cluster_network::find(client, None)
        .await
        .map_err(|error| ClusterError::new("look for the cluster's DNS", &error))?;
    let of_others = Family::ALL.into_iter().flat_map(Family::kinds);
    let kinds: Vec<ApiResource> = owned_kinds()
        .into_iter()
        .chain(of_others.filter(|kind| apis.serve(kind)))
        .collect();
    let lists = try_join_all(kinds.iter().map(|kind| list(client, namespace, name, kind))).await?;
    let mut children = Children::default();
    for (kind, object) in kinds
        .iter()
        .zip(lists)
        .flat_map(|(kind, list)| list.into_iter().map(move |object| (kind, object)))
    {
        children.insert(kind, Arc::new(object));
    }
    let secrets_unreadable = read_passwords(client, namespace, name, &mut children).await?;
    Ok(Live {
        platform,
        children,
        apis,
        scaled_by_others: scaled_by_others(client, namespace).await?,
        network,
        secrets_unreadable,
    })
}

/// Reads which custom resource kinds the cluster serves; everybody has that permission.
async fn apis(client: &Client) -> Result<Apis, ClusterError> {
    let mut by_version: BTreeMap<String, Vec<ApiResource>> = BTreeMap::new();
    for kind in Family::ALL.into_iter().flat_map(Family::kinds) {
        by_version.entry(kind.api_version.clone()).or_default().push(kind);
    }
    let asked = by_version.iter().map(async |(version, kinds)| {
        let served = match client.list_api_group_resources(version).await {
            Ok(list) => list.resources,
            Err(error) if is_not_found(&error) => Vec::new(),
            Err(error) => {
                return Err(ClusterError::new(
                    format!("ask for the kinds of {version}"),
                    &error,
                ));
            }
        };
        let is_served = |kind: &&ApiResource| served.iter().any(|served| served.name == kind.plural);
        Ok(kinds.iter().filter(is_served).cloned().collect::<Vec<_>>())
    });
    Ok(try_join_all(asked).await?.into_iter().flatten().collect())
}

/// Reads which Deployments of a namespace somebody else's autoscaler scales.
async fn scaled_by_others(client: &Client, namespace: &str) -> Result<BTreeSet<String>, ClusterError> {
    let api = Api::<HorizontalPodAutoscaler>::namespaced(client.clone(), namespace);
    let list = api
        .list(&ListParams::default().labels(&foreign_autoscalers::selector()))
        .await
        .map_err(|error| {
            ClusterError::new(
                format!("list the horizontalpodautoscalers in namespace {namespace}"),
                &error,
            )
        })?;
    let deployments = list
        .items
        .iter()
        .filter_map(foreign_autoscalers::scaled_deployment);
    Ok(deployments.map(str::to_owned).collect())
}

async fn list(
    client: &Client,
    namespace: &str,
    platform: &str,
    kind: &ApiResource,
) -> Result<Vec<DynamicObject>, ClusterError> {
    let api = Api::<DynamicObject>::namespaced_with(client.clone(), namespace, kind);
    // The operator identifies its objects by both labels.
    let labels = format!(
        "{}={platform},{}={}",
        names::PLATFORM_LABEL,
        names::MANAGED_BY_LABEL,
        names::MANAGER
    );
    match api.list(&ListParams::default().labels(&labels)).await {
        Ok(list) => Ok(list.items),
        // The permission to read single Secrets may exist without the permission to list them.
        Err(kube::Error::Api(status)) if status.code == 403 && kind.kind == Secret::kind(&()) => {
            Ok(Vec::new())
        }
        Err(error) => Err(ClusterError::new(
            format!("list the {} in namespace {namespace}", kind.plural),
            &error,
        )),
    }
}

/// Reads the Secrets with passwords that no list contained. Returns the reason if the permission is missing.
async fn read_passwords(
    client: &Client,
    namespace: &str,
    platform: &str,
    children: &mut Children,
) -> Result<Option<String>, ClusterError> {
    let kind = ApiResource::erase::<Secret>(&());
    for part in passwords::PARTS {
        let key = ObjectKey::new(kind.kind.clone(), child_name(platform, part));
        if children.get(&key).is_some() {
            continue;
        }
        match get(client, namespace, &kind, &key.name).await {
            Ok(Some(secret)) => children.insert(&kind, Arc::new(secret)),
            Ok(None) => {}
            Err(ClusterError::Forbidden { message, .. }) => return Ok(Some(message)),
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// Adds the planned objects that exist without the platform's labels.
pub(super) async fn read_unlabelled(
    client: &Client,
    namespace: &str,
    planned: &[Planned],
    children: &mut Children,
) -> Result<(), ClusterError> {
    let unseen = planned
        .iter()
        .filter(|planned| !planned.generated && children.get(&planned.key()).is_none());
    let reads = unseen.map(async |planned| {
        let object = get(client, namespace, &planned.resource, &planned.key().name).await?;
        Ok::<_, ClusterError>(object.map(|object| (planned.resource.clone(), object)))
    });
    for (kind, object) in try_join_all(reads).await?.into_iter().flatten() {
        children.insert(&kind, Arc::new(object));
    }
    Ok(())
}

pub(super) async fn get(
    client: &Client,
    namespace: &str,
    kind: &ApiResource,
    name: &str,
) -> Result<Option<DynamicObject>, ClusterError> {
    let api = Api::<DynamicObject>::namespaced_with(client.clone(), namespace, kind);
    match api.get(name).await {
        Ok(object) => Ok(Some(object)),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(ClusterError::new(format!("read {} {name}", kind.kind), &error)),
    }
}
