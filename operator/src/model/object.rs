//! A planned object, ready to be compared and applied.

use std::{fmt, sync::Arc};

use kube::{
    Resource, ResourceExt,
    core::{ApiResource, DynamicObject, TypeMeta},
};
use serde::Serialize;
use serde_json::Value;

/// When an object is applied, compared with the others.
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
    /// What brings requests to them and scales them.
    Routing,
}

/// When the pods of an object are replaced, compared with those of others: the later waits until the earlier runs as
/// planned. Objects that are not there yet never wait, because nobody depends on them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// It has no pods, or nobody's pods depend on them.
    #[default]
    Anytime,
    /// Brokers, databases, and what is made in them.
    DataStores,
    /// Those who only consume events, and so are not missed for a moment.
    Leaves,
    /// Whom order asks.
    Pay,
    /// Whom the gateway asks first.
    Order,
    /// The way in.
    Gateway,
}

/// Which object, within a platform's namespace.
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

/// An object as it should be.
#[derive(Clone, Debug)]
pub struct Planned {
    pub resource: ApiResource,
    pub wave: Wave,
    pub object: Arc<DynamicObject>,
    /// Holds generated values: it is created, never forced over an object that we have not read.
    pub generated: bool,
    /// The number of replicas to hand over to an autoscaler before the object is applied.
    pub hand_over_replicas: Option<i32>,
    /// When its pods are replaced.
    pub turn: Turn,
    /// Stays when the platform is deleted, or asks for it no more: data would go with it.
    pub outlives: bool,
}

impl Planned {
    /// Plans a typed object; it has no namespace, no owner and no hash yet.
    pub fn new<K: Resource<DynamicType = ()> + Serialize>(wave: Wave, object: &K) -> Self {
        let resource = ApiResource::erase::<K>(&());
        Self {
            wave,
            object: Arc::new(dynamic(&resource, object)),
            resource,
            generated: false,
            hand_over_replicas: None,
            turn: Turn::default(),
            outlives: false,
        }
    }

    /// Says that the object stays when its platform goes, and is found again by a platform of the same name.
    #[must_use]
    pub fn outlives(mut self) -> Self {
        self.outlives = true;
        self
    }

    /// Marks an object that holds generated values.
    #[must_use]
    pub fn generated(mut self) -> Self {
        self.generated = true;
        self
    }

    /// Says when the object's pods are replaced.
    #[must_use]
    pub fn turn(mut self, turn: Turn) -> Self {
        self.turn = turn;
        self
    }

    /// Which object this is.
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
