//! Tests the operator's charts on real nodes: install, upgrade, rollback and uninstall, while a platform keeps
//! running.

use crate::World;
use crate::tags::tag_images;
use fdp_local::install::{NAMESPACE, OPERATOR_NAMESPACE, PLATFORM};
use fdp_local::kubectl::Kubectl;
use fdp_local::software::LOCAL_PREFIX;
use fdp_local::target::Target;
use fdp_local::wait;
use fdp_programs::helm::{self, Helm};
use libtest_mimic::Failed;
use serde_json::Value;
use std::time::Duration;

/// The timeout for Helm, which waits until the operator's pods are ready.
const TIMEOUT: &str = "120s";
const TOLD: Duration = Duration::from_mins(2);

/// Runs last, in a cluster where everything else was deleted.
pub(crate) fn helm_installs_upgrades_rolls_back_and_uninstalls(world: &World) -> Result<(), Failed> {
    let Target::Own(cluster) = &world.platform.target else {
        return Err("the images have a second tag only on nodes of our own".into());
    };
    let tag = &world.platform.tag;
    let next = format!("{tag}-next");
    tag_images(cluster, tag, &next)?;
    let release = Release {
        kubectl: &world.platform.kubectl,
        helm: Helm::new(cluster.kubeconfig())?,
    };
    release.story(tag, &next)
}

/// The operator as a Helm release.
struct Release<'a> {
    kubectl: &'a Kubectl,
    helm: Helm,
}

impl Release<'_> {
    fn story(&self, tag: &str, next: &str) -> Result<(), Failed> {
        let namespace = fdp_checkout::root().join("manifests/kustomize/base/namespace.yaml");
        self.kubectl
            .run(&["create", "--filename", &namespace.display().to_string()])?;
        self.helm(&["install", "fdp-crds", &chart("fdp-crds")])?;
        self.operator("install", &image(tag, 1))?;
        self.runs(tag, 1)?;

        self.kubectl.run(&["create", "namespace", NAMESPACE])?;
        let minimal = fdp_checkout::root()
            .join("examples/minimal.yaml")
            .display()
            .to_string();
        self.kubectl.run(&[
            "apply",
            "--server-side",
            "--namespace",
            NAMESPACE,
            "--filename",
            &minimal,
        ])?;
        let platform = self.platform()?["metadata"]["uid"].clone();
        self.looks(tag)?;

        self.operator("upgrade", &image(next, 2))?;
        self.runs(next, 2)?;
        self.looks(next)?;

        self.helm(&["rollback", "fdp-operator", "1"])?;
        self.runs(tag, 1)?;

        self.helm(&["uninstall", "fdp-operator"])?;
        self.gone()?;
        self.helm(&["uninstall", "fdp-crds"])?;
        if self.platform()?["metadata"]["uid"] != platform {
            return Err("the platform did not outlive the charts".into());
        }
        Ok(())
    }

    fn operator(&self, verb: &str, values: &[String]) -> Result<(), Failed> {
        let chart = chart("fdp-operator");
        let mut arguments = vec![verb, "fdp-operator", &chart];
        for value in values {
            arguments.extend(["--set", value]);
        }
        self.helm(&arguments)
    }

    fn helm(&self, arguments: &[&str]) -> Result<(), Failed> {
        let output = self
            .helm
            .command()?
            .args(arguments)
            .args(["--namespace", OPERATOR_NAMESPACE, "--wait", "--timeout", TIMEOUT])
            .output()?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr);
        Err(format!("helm {}: {said}", arguments.join(" ")).into())
    }

    /// Whether this number of operators of that version are ready, and no others.
    fn runs(&self, tag: &str, replicas: u64) -> Result<(), Failed> {
        let deployment = self.kubectl.json(&[
            "get",
            "deployment",
            "fdp-operator",
            "--namespace",
            OPERATOR_NAMESPACE,
        ])?;
        let image = &deployment["spec"]["template"]["spec"]["containers"][0]["image"];
        let status = &deployment["status"];
        let ready = status["readyReplicas"] == replicas && status["updatedReplicas"] == replicas;
        if *image == format!("{LOCAL_PREFIX}/operator:{tag}") && ready {
            return Ok(());
        }
        Err(format!("{replicas} operators of {tag} should run: {image}, {status}").into())
    }

    /// Waits until the operator of that version has reconciled the platform, so that the platform's images have that
    /// version.
    fn looks(&self, tag: &str) -> Result<(), Failed> {
        let own = format!(":{tag}");
        wait::until(
            &format!("the operator of {tag} to reconcile the platform"),
            TOLD,
            || {
                let platform = self.platform().map_err(|failure| failure.to_string())?;
                let images = platform["status"]["services"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default();
                let is_own = |service: &Value| {
                    service["image"]
                        .as_str()
                        .is_some_and(|image| image.ends_with(&own))
                };
                if !images.is_empty() && images.iter().all(is_own) {
                    Ok(())
                } else {
                    Err(platform["status"]["conditions"].to_string())
                }
            },
        )?;
        Ok(())
    }

    fn platform(&self) -> fdp_local::failure::Result<Value> {
        self.kubectl
            .json(&["get", "fooddeliveryplatform", PLATFORM, "--namespace", NAMESPACE])
    }

    /// Waits until all objects of the operator's chart are deleted.
    fn gone(&self) -> Result<(), Failed> {
        let kinds = "pods,deployments,services,serviceaccounts,poddisruptionbudgets,networkpolicies,roles,rolebindings,\
                     clusterroles,clusterrolebindings";
        wait::until("nothing of the operator to be left", TOLD, || {
            let ours = "--selector=app.kubernetes.io/instance=fdp-operator";
            let left = self
                .kubectl
                .run(&["get", kinds, "--all-namespaces", ours, "--output=name"])
                .map_err(|failure| failure.to_string())?;
            if left.trim().is_empty() { Ok(()) } else { Err(left) }
        })?;
        Ok(())
    }
}

fn chart(name: &str) -> String {
    helm::chart(name).display().to_string()
}

fn image(tag: &str, replicas: u64) -> Vec<String> {
    vec![
        format!("image.registry={LOCAL_PREFIX}"),
        format!("image.tag={tag}"),
        format!("replicas={replicas}"),
    ]
}
