//! The observed state of one platform, the input of the plan.

use std::{collections::BTreeMap, sync::Arc};

use fdp_crds::ResilienceDrill;
use k8s_openapi::{api::core::v1::Pod, jiff::Timestamp};
use kube::{
    Resource, ResourceExt,
    core::{ApiResource, DynamicObject},
};
use serde::de::DeserializeOwned;

use crate::model::{
    apis::{Apis, MetricsApi},
    cloud::CloudState,
    cluster_network::ClusterNetwork,
    events::Events,
    host_claim::HostClaim,
    object::ObjectKey,
    referenced::Referenced,
    remembered::Remembered,
};

/// The observed state of one platform.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    /// The objects that belong to the platform.
    pub children: Children,
    /// The platform's pods.
    pub pods: Vec<Arc<Pod>>,
    /// Passwords, read from the Secrets or freshly generated.
    pub credentials: Credentials,
    /// An address of some node, for the URL of a `NodePort`.
    pub node_address: Option<String>,
    /// The third-party kinds that the cluster serves.
    pub apis: Apis,
    /// Whether the cluster measures CPU use.
    pub metrics: MetricsApi,
    /// What network policies have to know of the cluster.
    pub network: ClusterNetwork,
    /// The last observed state at the cloud provider; `None` before the first observation.
    pub cloud: Option<CloudState>,
    /// What events tell about the objects that nothing else explains.
    pub events: Events,
    /// When it was observed; the epoch if nothing was, as for a rendering.
    pub now: Timestamp,
    /// What the status of the platform remembers.
    pub remembered: Remembered,
    /// The Secrets that the specification names, as far as they were read.
    pub referenced: BTreeMap<String, Referenced>,
    /// When the platform's resource was created.
    pub created: Option<Timestamp>,
    /// The drills of the platform.
    pub drills: Vec<Arc<ResilienceDrill>>,
    /// What other platforms claim at the ingress gateway that this one uses.
    pub host_claims: Vec<HostClaim>,
}

/// Passwords. Never printed.
#[derive(Clone, Default)]
pub struct Credentials {
    /// The password of the database server's superuser.
    pub postgres: String,
    /// The password of the managed MongoDB.
    pub mongodb: String,
    /// One password per database, by service name.
    pub databases: BTreeMap<String, String>,
    /// The password of Elasticsearch's superuser, if the operator runs it.
    pub elasticsearch: String,
    /// Kibana's password for Elasticsearch.
    pub kibana: String,
    /// The key with which Kibana encrypts what it stores; at least 32 characters.
    pub kibana_key: String,
    /// Fluentd's password for Elasticsearch.
    pub fluentd: String,
    /// The password of Grafana's administrator.
    pub grafana: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Credentials").finish_non_exhaustive()
    }
}

/// The objects that belong to a platform, by kind and name.
#[derive(Clone, Debug, Default)]
pub struct Children(BTreeMap<ObjectKey, (ApiResource, Arc<DynamicObject>)>);

impl Children {
    /// Adds an object, or replaces its former state.
    pub fn insert(&mut self, resource: &ApiResource, object: Arc<DynamicObject>) {
        let key = ObjectKey::new(resource.kind.clone(), object.name_any());
        self.0.insert(key, (resource.clone(), object));
    }

    /// The object of that kind and name.
    pub fn get(&self, key: &ObjectKey) -> Option<&Arc<DynamicObject>> {
        self.0.get(key).map(|(_, object)| object)
    }

    /// The typed object of that name.
    pub fn typed<K>(&self, name: &str) -> Option<K>
    where
        K: Resource<DynamicType = ()> + DeserializeOwned,
    {
        let object = self.get(&ObjectKey::new(K::kind(&()).into_owned(), name))?;
        DynamicObject::clone(object).try_parse().ok()
    }

    /// The untyped object of that kind and name, for kinds of which only the status is read.
    pub fn dynamic<K: Resource<DynamicType = ()>>(&self, name: &str) -> Option<&Arc<DynamicObject>> {
        self.get(&ObjectKey::new(K::kind(&()).into_owned(), name))
    }

    /// Every object with its key and type.
    pub fn iter(&self) -> impl Iterator<Item = (&ObjectKey, &ApiResource, &Arc<DynamicObject>)> {
        self.0
            .iter()
            .map(|(key, (resource, object))| (key, resource, object))
    }
}
