//! Installs the operator and a platform from the same files that users install from.

use crate::failure::{Failure, Result};
use crate::kubectl::Kubectl;
use crate::software::LOCAL_PREFIX;
use crate::wait;
use serde_json::Value;
use std::fs;
use std::time::Duration;

/// The operator's namespace.
pub const OPERATOR_NAMESPACE: &str = "food-delivery-system";
/// The namespace of the example platform.
pub const NAMESPACE: &str = "food-delivery";
/// The name of the example platform.
pub const PLATFORM: &str = "shop";
/// The placeholder for the image tag in `manifests/kustomize/local`.
const TAG_PLACEHOLDER: &str = "dev";

/// The timeout for the operator to become ready.
const OPERATOR_UP: Duration = Duration::from_mins(2);
/// The timeout for the API server to serve a new kind.
const SERVED: Duration = Duration::from_secs(30);
/// The timeout for a new platform to become Ready.
pub const PLATFORM_READY: Duration = Duration::from_mins(5);

/// Waits until the API server serves the kind of that definition.
///
/// `kubectl wait` would fail while a new definition has no conditions yet.
///
/// # Errors
/// When that takes more than 30 s.
pub fn wait_until_served(kubectl: &Kubectl, definition: &str) -> Result<()> {
    wait::until(&format!("{definition} to be served"), SERVED, || {
        let definition = kubectl
            .json(&["get", "customresourcedefinition", definition])
            .map_err(|failure| failure.to_string())?;
        let conditions = &definition["status"]["conditions"];
        if is_established(conditions) {
            Ok(())
        } else {
            Err(format!("conditions {conditions}"))
        }
    })
}

fn is_established(conditions: &Value) -> bool {
    conditions.as_array().is_some_and(|conditions| {
        conditions
            .iter()
            .any(|condition| condition["type"] == "Established" && condition["status"] == "True")
    })
}

/// Installs the CRDs and the operator, with images `<prefix>/…:<tag>` for the operator and its platforms.
///
/// # Errors
/// When the cluster rejects a manifest, or the operator does not become ready; with the status of its Deployment.
pub fn operator(kubectl: &Kubectl, prefix: &str, tag: &str) -> Result<()> {
    let crds = fdp_checkout::root()
        .join("crds/fooddeliveryplatforms.yaml")
        .display()
        .to_string();
    kubectl.run(&["apply", "--server-side", "--filename", &crds])?;
    wait_until_served(kubectl, "fooddeliveryplatforms.fooddelivery.dev")?;
    let overlay = fdp_checkout::root()
        .join("manifests/kustomize/local")
        .display()
        .to_string();
    let manifests = with_images(&kubectl.run(&["kustomize", &overlay])?, prefix, tag);
    kubectl.run_with_input(&["apply", "--server-side", "--filename", "-"], &manifests)?;
    let timeout = format!("--timeout={}s", OPERATOR_UP.as_secs());
    kubectl
        .run(&[
            "rollout",
            "status",
            "deployment/fdp-operator",
            "--namespace",
            OPERATOR_NAMESPACE,
            &timeout,
        ])
        .map(drop)
        .map_err(|failure| {
            let pods = kubectl
                .run(&["get", "pods", "--namespace", OPERATOR_NAMESPACE])
                .unwrap_or_default();
            Failure::Command {
                doing: "starting the operator".into(),
                output: format!("{failure}\n{pods}"),
            }
        })
}

/// The rendered manifests with the placeholders replaced by the real images.
fn with_images(manifests: &str, prefix: &str, tag: &str) -> String {
    manifests
        .replace(
            &format!("{LOCAL_PREFIX}/operator:{TAG_PLACEHOLDER}"),
            &format!("{prefix}/operator:{tag}"),
        )
        .replace(
            &format!("value: {TAG_PLACEHOLDER}\n"),
            &format!("value: \"{tag}\"\n"),
        )
        .replace(&format!("value: {LOCAL_PREFIX}\n"), &format!("value: {prefix}\n"))
}

/// Applies `examples/<name>.yaml`.
///
/// # Errors
/// When the cluster rejects it.
pub fn example(kubectl: &Kubectl, name: &str) -> Result<()> {
    let file = fdp_checkout::root().join("examples").join(format!("{name}.yaml"));
    if !file.exists() {
        let source = fs::metadata(&file)
            .err()
            .unwrap_or_else(|| std::io::ErrorKind::NotFound.into());
        return Err(Failure::File {
            doing: "reading",
            path: file.display().to_string(),
            source,
        });
    }
    kubectl
        .run(&[
            "apply",
            "--server-side",
            "--filename",
            &file.display().to_string(),
        ])
        .map(drop)
}

/// Deletes the example platform, the operator and the CRDs from the cluster.
///
/// # Errors
/// When one of them cannot be deleted.
pub fn uninstall(kubectl: &Kubectl) -> Result<()> {
    let gone = ["--ignore-not-found", "--wait", "--timeout=120s"];
    // The operator must still run while its platforms are deleted.
    kubectl.run(&[&["delete", "namespace", NAMESPACE][..], &gone].concat())?;
    kubectl.run(&[&["delete", "namespace", OPERATOR_NAMESPACE][..], &gone].concat())?;
    let definitions = [
        "crd/fooddeliveryplatforms.fooddelivery.dev",
        "crd/resiliencedrills.fooddelivery.dev",
    ];
    kubectl.run(&[&["delete"][..], &definitions, &gone].concat())?;
    kubectl
        .run(
            &[
                &[
                    "delete",
                    "clusterrole,clusterrolebinding",
                    "--selector=app.kubernetes.io/name=fdp-operator",
                ][..],
                &gone,
            ]
            .concat(),
        )
        .map(drop)
}

/// The example platform as stored by the API server.
///
/// # Errors
/// When it does not exist.
pub fn platform(kubectl: &Kubectl) -> Result<Value> {
    kubectl.json(&["get", "fooddeliveryplatform", PLATFORM, "--namespace", NAMESPACE])
}

/// Waits until the example platform is Ready in its current generation, and returns its address.
///
/// # Errors
/// When it is not Ready within `limit`; with its conditions.
pub fn wait_until_ready(kubectl: &Kubectl, limit: Duration, seen: &mut dyn FnMut(&str)) -> Result<String> {
    let mut before = String::new();
    wait::until(&format!("the platform {PLATFORM} to be Ready"), limit, || {
        let platform = platform(kubectl).map_err(|failure| failure.to_string())?;
        match readiness(&platform) {
            Ok(()) => Ok(platform["status"]["url"].as_str().unwrap_or_default().to_owned()),
            Err(why) => {
                if why != before {
                    seen(&why);
                    before.clone_from(&why);
                }
                Err(why)
            }
        }
    })
}

/// `Ok` when the condition Ready is true for the resource's current generation, otherwise the reason.
pub fn readiness(platform: &Value) -> std::result::Result<(), String> {
    let generation = &platform["metadata"]["generation"];
    let conditions = platform["status"]["conditions"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let Some(ready) = conditions.iter().find(|condition| condition["type"] == "Ready") else {
        return Err("the operator has not reconciled it yet".to_owned());
    };
    if ready["observedGeneration"] != *generation {
        return Err(format!(
            "the operator has not observed generation {generation} yet"
        ));
    }
    if ready["status"] == "True" {
        return Ok(());
    }
    Err(ready["message"].as_str().unwrap_or("no message").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_definition_without_conditions_is_not_served_yet() {
        let condition = |status: &str| json!([{"type": "Established", "status": status}]);
        assert!(!is_established(&Value::Null));
        assert!(!is_established(&json!([])));
        assert!(!is_established(&condition("False")));
        assert!(is_established(&condition("True")));
    }

    #[test]
    fn ready_for_an_older_generation_is_not_ready() {
        let condition = json!({"type": "Ready", "status": "True", "observedGeneration": 1});
        let platform = json!({"metadata": {"generation": 2}, "status": {"conditions": [condition]}});
        assert!(readiness(&platform).unwrap_err().contains("generation 2"));
    }

    #[test]
    fn what_is_not_ready_says_why() {
        let condition = json!({"type": "Ready", "status": "False", "observedGeneration": 1, "message": "StatefulSet shop-kafka: 0 of 1"});
        let platform = json!({"metadata": {"generation": 1}, "status": {"conditions": [condition]}});
        assert_eq!(
            readiness(&platform).unwrap_err(),
            "StatefulSet shop-kafka: 0 of 1"
        );
    }

    #[test]
    fn placeholders_give_way_to_the_real_images() {
        let rendered = "image: localhost/food-delivery/operator:dev\n- name: FDP_IMAGE_REGISTRY\n  value: localhost/food-delivery\n- name: FDP_IMAGE_TAG\n  value: dev\n";
        let installed = with_images(rendered, "registry.example/shop", "abc");
        assert_eq!(
            installed,
            "image: registry.example/shop/operator:abc\n- name: FDP_IMAGE_REGISTRY\n  value: registry.example/shop\n- name: FDP_IMAGE_TAG\n  value: \"abc\"\n"
        );
    }
}
