//! A planned object, ready to be compared and applied.

use std::{fmt, sync::Arc};

use kube::{
    Resource, ResourceExt,
    core::{ApiResource, DynamicObject, TypeMeta},
};
use serde::Serialize;
use serde_json::Value;

/// The order in which objects are applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wave {
    /// Secrets and configuration, which pods need in order to start.
    Configuration,
    /// Kafka and PostgreSQL.
    DataStores,
    /// Databases, roles and topics.
    Setup,
    /// The services.
    Services,
    /// Objects that route requests to the services and scale them.
    Routing,
}

/// The order in which the pods of objects are replaced: a later stage waits until the earlier ones run as planned.
/// Objects that do not exist yet never wait, because nothing depends on them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum RolloutStage {
    /// It has no pods, or no other pods depend on them.
    #[default]
    Anytime,
    /// Brokers, databases, and the setup Job.
    DataStores,
    /// Services that only consume events, so that a short downtime does no harm.
    Leaves,
    /// The service that order calls.
    Pay,
    /// The first service that the gateway calls.
    Order,
    /// The entry point.
    Gateway,
}

/// The kind and name of an object, within a platform's namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    pub kind: String,
    pub name: String,
}

impl ObjectKey {
    /// The key of an object of that kind.
    pub fn new(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            kind: kind.into(),
            name: name.into(),
        }
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.kind, self.name)
    }
}

/// A desired object.
#[derive(Clone, Debug)]
pub struct Planned {
    pub resource: ApiResource,
    pub wave: Wave,
    pub object: Arc<DynamicObject>,
    /// Holds generated values: it is only created, and never overwrites an object that was not read before.
    pub generated: bool,
    /// The number of replicas to hand over to an autoscaler before the object is applied.
    pub hand_over_replicas: Option<i32>,
    /// The paths of fields that are left to others; their present values are handed over before the object is applied.
    pub unmanaged: Vec<String>,
    /// The stage in which its pods are replaced.
    pub rollout_stage: RolloutStage,
    /// Is kept when the platform is deleted or no longer needs it, because deleting it would lose data.
    pub retained: bool,
}

impl Planned {
    /// Plans a typed object; it has no namespace, owner or hash yet.
    pub fn new<K: Resource<DynamicType = ()> + Serialize>(wave: Wave, object: &K) -> Self {
        let resource = ApiResource::erase::<K>(&());
        Self {
            wave,
            object: Arc::new(dynamic(&resource, object)),
            resource,
            generated: false,
            hand_over_replicas: None,
            unmanaged: Vec::new(),
            rollout_stage: RolloutStage::default(),
            retained: false,
        }
    }

    /// Keeps the object when its platform is deleted; a platform of the same name takes it over.
    #[must_use]
    pub fn retained(mut self) -> Self {
        self.retained = true;
        self
    }

    /// Marks an object that holds generated values.
    #[must_use]
    pub fn generated(mut self) -> Self {
        self.generated = true;
        self
    }

    /// Sets the stage in which the object's pods are replaced.
    #[must_use]
    pub fn rollout_stage(mut self, stage: RolloutStage) -> Self {
        self.rollout_stage = stage;
        self
    }

    /// The key of this object.
    pub fn key(&self) -> ObjectKey {
        ObjectKey::new(self.resource.kind.clone(), self.object.name_any())
    }
}

/// The object as JSON.
#[expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "Kubernetes types have string keys only, so they always have a JSON form"
)]
pub fn to_value(object: &impl Serialize) -> Value {
    serde_json::to_value(object).expect("a Kubernetes object has a JSON form")
}

#[expect(
    clippy::expect_used,
    reason = "every typed Kubernetes object is an object with metadata"
)]
fn dynamic<K: Resource<DynamicType = ()> + Serialize>(resource: &ApiResource, object: &K) -> DynamicObject {
    let mut dynamic: DynamicObject =
        serde_json::from_value(to_value(object)).expect("a typed object is a dynamic object too");
    dynamic.types = Some(TypeMeta {
        api_version: resource.api_version.clone(),
        kind: resource.kind.clone(),
    });
    dynamic
}
