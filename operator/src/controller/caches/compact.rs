//! Objects as they are kept in memory: as JSON text, because a tree of values needs several times as much.

use kube::{
    ResourceExt,
    core::{DynamicObject, ObjectMeta},
};
use serde::{Serialize, de::DeserializeOwned};

/// The annotation of `kubectl apply`, which holds a second copy of the object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// An object as compact JSON.
#[derive(Clone, Debug)]
pub struct Compact {
    json: Box<[u8]>,
    version: Box<str>,
}

impl Compact {
    /// Serializes an object.
    pub fn of(object: &DynamicObject) -> Self {
        Self {
            version: object.resource_version().unwrap_or_default().into_boxed_str(),
            json: to_json(object),
        }
    }

    /// The version of the object.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The object, deserialized.
    pub fn read<K: DeserializeOwned>(&self) -> Option<K> {
        serde_json::from_slice(&self.json).ok()
    }
}

#[expect(clippy::expect_used, reason = "what was read as JSON can be written as JSON")]
fn to_json(object: &impl Serialize) -> Box<[u8]> {
    serde_json::to_vec(object)
        .expect("an object has a JSON form")
        .into_boxed_slice()
}

/// Drops metadata that the operator does not use: the managed fields are most of an object's size.
pub fn trim(metadata: &mut ObjectMeta) {
    metadata.managed_fields = None;
    if let Some(annotations) = &mut metadata.annotations {
        annotations.remove(LAST_APPLIED);
    }
}
