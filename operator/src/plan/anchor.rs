//! The anchor of a platform in a remote cluster, where its resource does not exist: a `ConfigMap` that names the
//! resource and owns all objects of the platform there, so that Kubernetes deletes them together.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::{ResourceExt as _, core::ObjectMeta};

use crate::{
    kubernetes::names::{self, Component},
    spec::{Validated, owner},
};

/// The key under which an anchor names the resource that describes the platform.
const RESOURCE: &str = "resource";
/// The key with the uid of that resource, because a later resource may have the same name.
const UID: &str = "uid";

/// Which platform an anchor belongs to.
#[derive(Clone, Debug, PartialEq)]
pub enum Anchored {
    /// There is no anchor yet.
    Nowhere,
    /// It belongs to this platform, which is returned with its owner.
    Here(Box<Validated>),
    /// It belongs to another platform of the same name, or to a former one.
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

/// Decides which platform an anchor belongs to. An anchor that is being deleted belongs to none.
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

/// Whether an anchor belongs to the platform whose resource has that uid.
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
        let mut being_deleted = there("uid-of-shop");
        being_deleted.metadata.deletion_timestamp =
            serde_json::from_value(json!("2026-01-01T00:00:00Z")).unwrap();
        assert_eq!(
            judge(&platform(), "uid-of-shop", &being_deleted),
            Anchored::Nowhere
        );
    }
}
