//! The passwords for the plan, from the existing Secrets; and what can be compared if they cannot be read.

use std::{collections::BTreeMap, sync::Arc};

use kube::{ResourceExt as _, core::DynamicObject};

use crate::{
    kubernetes::{names, seal::seal},
    model::{
        object::Planned,
        observed::{Children, Credentials},
    },
    plan::passwords::{self, PARTS},
    spec::child_name,
};

/// The placeholder of a password that the operator would generate.
const NOT_GENERATED: &str = "generated-in-the-cluster";

/// The passwords of a platform from its Secrets, with a placeholder for each missing one.
pub(super) fn credentials(platform: &str, children: &Children) -> Credentials {
    let known: BTreeMap<&str, BTreeMap<String, String>> = PARTS
        .into_iter()
        .map(|part| {
            (
                part,
                passwords::values(children.typed(&child_name(platform, part))),
            )
        })
        .collect();
    passwords::credentials(|part, key| {
        let value = known.get(part).and_then(|values| values.get(key));
        value.cloned().unwrap_or_else(|| NOT_GENERATED.to_owned())
    })
}

/// Whether the object, or its name, depends on passwords.
pub(super) fn depends_on_passwords(planned: &Planned) -> bool {
    planned.generated || planned.resource.kind == "Job"
}

/// Treats every configuration with passwords that could not be read as unchanged.
pub(super) fn take_as_unchanged(objects: &mut [Planned], children: &Children) {
    for planned in objects {
        if let Some(live) = children.get(&planned.key()) {
            copy_config_hash(planned, live);
        }
    }
}

fn copy_config_hash(planned: &mut Planned, live: &DynamicObject) {
    const ANNOTATIONS: &str = "/spec/template/metadata/annotations";
    let live_hash = live
        .data
        .pointer(ANNOTATIONS)
        .and_then(|live| live.get(names::CONFIG_HASH));
    let object = Arc::make_mut(&mut planned.object);
    let annotations = object.data.pointer_mut(ANNOTATIONS);
    let planned_hash = annotations.and_then(|annotations| annotations.get_mut(names::CONFIG_HASH));
    let (Some(planned_hash), Some(live_hash)) = (planned_hash, live_hash) else {
        return;
    };
    planned_hash.clone_from(live_hash);
    // The hash of the whole object changes with it, and must be computed without the old hash.
    object.annotations_mut().remove(names::APPLIED_HASH);
    if object.annotations().is_empty() {
        object.metadata.annotations = None;
    }
    let namespace = object.namespace().unwrap_or_default();
    let owner = object.owner_references().first().cloned();
    *planned = seal(planned.clone(), &namespace, owner.as_ref());
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::Secret;
    use kube::core::ApiResource;
    use serde_json::json;

    use super::*;
    use crate::{
        cli::render::platforms,
        model::{apis::Apis, observed::Observed},
        plan,
        settings::Settings,
        spec::Validated,
    };

    const EVERYTHING: &str = "\
apiVersion: fooddelivery.dev/v1alpha1
kind: FoodDeliveryPlatform
metadata: {name: shop, namespace: food}
spec:
  mongodb: {provider: Managed}
  logging: {provider: Managed}
  monitoring: {provider: Managed}
";

    /// The generated Secrets of a platform that has all of them, planned with these passwords.
    fn secrets(credentials: Credentials) -> Vec<Planned> {
        let platform = platforms(EVERYTHING).unwrap().remove(0);
        let observed = Observed {
            credentials,
            apis: Apis::all(),
            ..Observed::default()
        };
        let validated = Validated::new(&platform, &Settings::default()).unwrap();
        plan::plan(&validated, &observed)
            .objects
            .into_iter()
            .filter(|planned| planned.generated)
            .collect()
    }

    #[test]
    fn every_password_in_the_cluster_finds_its_way_back_into_the_plan() {
        let kind = ApiResource::erase::<Secret>(&());
        let mut children = Children::default();
        for secret in secrets(credentials("shop", &Children::default())) {
            let mut live = DynamicObject::clone(&secret.object);
            for (_, value) in live.data["data"].as_object_mut().unwrap() {
                *value = json!("b2xk");
            }
            children.insert(&kind, Arc::new(live));
        }
        for secret in secrets(credentials("shop", &children)) {
            let live = children.get(&secret.key()).unwrap();
            assert_eq!(secret.object.data["data"], live.data["data"], "{}", secret.key());
        }
    }
}
