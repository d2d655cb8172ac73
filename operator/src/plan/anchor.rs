//! The anchor of a platform in a cluster where its resource is not: a `ConfigMap` that owns all its objects there, so that
//! Kubernetes deletes them together, and that names the resource.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::{ResourceExt as _, core::ObjectMeta};

use crate::{
    kubernetes::names::{self, Component},
    spec::{Validated, owner},
};

/// The key under which an anchor names the resource that describes the platform.
const RESOURCE: &str = "resource";
/// The key with the uid of that resource, because another one may have the same name.
const UID: &str = "uid";

/// Whose an anchor is.
#[derive(Clone, Debug, PartialEq)]
pub enum Anchored {
    /// There is none yet.
    Nowhere,
    /// It holds this platform, which is given with its owner.
    Here(Box<Validated>),
    /// It holds another platform of the same name, or one that was there before.
    Elsewhere { anchor: String, resource: String },
}

/// The anchor of a platform whose resource has that uid.
pub fn anchor(platform: &Validated, uid: &str) -> ConfigMap {
    let resource = format!("FoodDeliveryPlatform {}/{}", platform.namespace, platform.name);
    ConfigMap {
        metadata: ObjectMeta {
            name: Some(platform.child(names::ANCHOR)),
            namespace: Some(platform.namespace.clone()),
            labels: Some(names::labels(&platform.name, names::ANCHOR, Component::Anchor)),
            ..ObjectMeta::default()
        },
        data: Some(BTreeMap::from([
            (RESOURCE.to_owned(), resource),
            (UID.to_owned(), uid.to_owned()),
        ])),
        ..ConfigMap::default()
    }
}

/// Whose this anchor is. One that is being deleted holds no platform any more.
pub fn judge(platform: &Validated, uid: &str, found: &ConfigMap) -> Anchored {
    let Some(own) = found
        .uid()
        .filter(|_| found.metadata.deletion_timestamp.is_none())
    else {
        return Anchored::Nowhere;
    };
    if is_of(found, uid) {
        return Anchored::Here(Box::new(Validated {
            owner: Some(owner::anchor(found.name_any(), own)),
            ..platform.clone()
        }));
    }
    Anchored::Elsewhere {
        anchor: found.name_any(),
        resource: says(found, RESOURCE)
            .unwrap_or("a platform that it does not name")
            .to_owned(),
    }
}

/// Whether an anchor holds the platform whose resource has that uid.
pub fn is_of(anchor: &ConfigMap, uid: &str) -> bool {
    says(anchor, UID) == Some(uid)
}

fn says<'a>(anchor: &'a ConfigMap, key: &str) -> Option<&'a str> {
    anchor.data.as_ref()?.get(key).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::settings::Settings;

    fn platform() -> Validated {
        let platform = json!({
            "apiVersion": "fooddelivery.dev/v1alpha1", "kind": "FoodDeliveryPlatform",
            "metadata": { "name": "shop", "namespace": "food", "uid": "uid-of-shop" },
            "spec": {
                "target": "eks",
                "cloud": { "aws": { "region": "eu-central-1", "eks": {
                    "version": "1.34", "subnets": ["subnet-1", "subnet-2"],
                } } },
            },
        });
        Validated::new(&serde_json::from_value(platform).unwrap(), &Settings::default()).unwrap()
    }

    fn there(uid: &str) -> ConfigMap {
        let mut there = anchor(&platform(), uid);
        there.metadata.uid = Some("uid-of-anchor".to_owned());
        there
    }

    #[test]
    fn in_another_cluster_the_resource_owns_nothing() {
        assert_eq!(platform().owner, None);
    }

    #[test]
    fn what_a_platform_has_there_belongs_to_its_anchor() {
        let Anchored::Here(anchored) = judge(&platform(), "uid-of-shop", &there("uid-of-shop")) else {
            panic!("not found");
        };
        let owner = anchored.owner.unwrap();
        assert_eq!(
            (owner.kind.as_str(), owner.name.as_str(), owner.uid.as_str()),
            ("ConfigMap", "shop-platform", "uid-of-anchor")
        );
    }

    #[test]
    fn an_anchor_of_another_platform_is_reported_with_its_resource() {
        assert_eq!(
            judge(&platform(), "uid-of-shop", &there("uid-of-another")),
            Anchored::Elsewhere {
                anchor: "shop-platform".to_owned(),
                resource: "FoodDeliveryPlatform food/shop".to_owned(),
            }
        );
    }

    #[test]
    fn one_that_is_on_its_way_out_is_waited_for() {
        let mut leaving = there("uid-of-shop");
        leaving.metadata.deletion_timestamp = serde_json::from_value(json!("2026-01-01T00:00:00Z")).unwrap();
        assert_eq!(judge(&platform(), "uid-of-shop", &leaving), Anchored::Nowhere);
    }
}
