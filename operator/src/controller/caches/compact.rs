//! Objects as they are kept in memory: as compressed JSON, because a tree of values needs many times as much.

use kube::{
    ResourceExt,
    core::{DynamicObject, ObjectMeta},
};
use miniz_oxide::{deflate::compress_to_vec, inflate::decompress_to_vec};
use serde::{Serialize, de::DeserializeOwned};

/// The annotation of `kubectl apply`, which holds a second copy of the object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// How hard to compress: objects are small, so that more effort hardly makes them smaller.
const LEVEL: u8 = 1;

/// An object as compressed JSON.
#[derive(Clone, Debug)]
pub struct Compact {
    deflated: Box<[u8]>,
    version: Box<str>,
}

impl Compact {
    /// Serializes and compresses an object.
    pub fn of(object: &DynamicObject) -> Self {
        Self {
            version: object.resource_version().unwrap_or_default().into_boxed_str(),
            deflated: compress_to_vec(&to_json(object), LEVEL).into_boxed_slice(),
        }
    }

    /// The version of the object.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The object, deserialized.
    pub fn read<K: DeserializeOwned>(&self) -> Option<K> {
        let json = decompress_to_vec(&self.deflated).ok()?;
        serde_json::from_slice(&json).ok()
    }
}

#[expect(clippy::expect_used, reason = "what was read as JSON can be written as JSON")]
fn to_json(object: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(object).expect("an object has a JSON form")
}

/// Drops metadata that the operator does not use: the managed fields are most of an object's size.
pub fn trim(metadata: &mut ObjectMeta) {
    metadata.managed_fields = None;
    if let Some(annotations) = &mut metadata.annotations {
        annotations.remove(LAST_APPLIED);
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Pod;
    use serde_json::json;

    use super::*;

    fn deployment() -> DynamicObject {
        let probe =
            |path: &str| json!({ "httpGet": { "path": path, "port": "management" }, "timeoutSeconds": 3 });
        let container = json!({
            "name": "pay", "image": "localhost/food-delivery/pay:1",
            "readinessProbe": probe("/readyz"), "livenessProbe": probe("/healthz"), "startupProbe": probe("/readyz"),
        });
        let labels = json!({ "app.kubernetes.io/name": "pay", "app.kubernetes.io/instance": "shop" });
        let deployment = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": { "name": "shop-pay", "resourceVersion": "7", "labels": labels },
            "spec": {
                "selector": { "matchLabels": labels },
                "template": { "metadata": { "labels": labels }, "spec": { "containers": [container] } },
            },
        });
        serde_json::from_value(deployment).unwrap()
    }

    #[test]
    fn what_is_read_is_what_was_kept() {
        let object = deployment();
        let kept = Compact::of(&object);
        assert_eq!(kept.version(), "7");
        assert_eq!(kept.read::<DynamicObject>(), Some(object));
    }

    #[test]
    fn an_object_is_kept_in_less_than_two_thirds_of_its_json() {
        let object = deployment();
        let (kept, json) = (Compact::of(&object).deflated.len(), to_json(&object).len());
        assert!(kept * 3 < json * 2, "{kept} of {json} bytes");
    }

    #[test]
    fn an_object_of_another_kind_is_not_read() {
        assert!(Compact::of(&deployment()).read::<Pod>().is_none());
    }
}
