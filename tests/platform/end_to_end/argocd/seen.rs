//! A snapshot of Argo CD's status of the Application, and of the platform right after it.

use fdp_local::failure::Result;
use fdp_local::install::{self, PLATFORM};
use fdp_local::kubectl::Kubectl;
use serde_json::Value;
use std::fmt;

use super::settings::{APPLICATION, namespace};

/// In this order, so that a platform that is not ready here was not ready either when Argo CD reported it as ready.
const KINDS: &str = "applications.argoproj.io,fooddeliveryplatforms.fooddelivery.dev,deployments.apps";

/// A snapshot.
pub(super) struct Seen {
    application: Value,
    /// The platform, or null if it does not exist.
    pub(super) platform: Value,
    deployments: Vec<Value>,
}

impl Seen {
    pub(super) fn look(kubectl: &Kubectl) -> Result<Self> {
        let list = kubectl.json(&["get", KINDS, "--all-namespaces"])?;
        let items = list["items"].as_array().cloned().unwrap_or_default();
        let namespace = namespace();
        let ours = |item: &&Value| item["metadata"]["namespace"] == namespace.as_str();
        let named = |kind: &str, name: &str| {
            let found = items
                .iter()
                .find(|item| item["kind"] == kind && item["metadata"]["name"] == name);
            found.cloned().unwrap_or_default()
        };
        Ok(Self {
            application: named("Application", APPLICATION),
            platform: items
                .iter()
                .filter(ours)
                .find(|item| item["kind"] == "FoodDeliveryPlatform")
                .cloned()
                .unwrap_or_default(),
            deployments: items
                .iter()
                .filter(ours)
                .filter(|item| item["kind"] == "Deployment")
                .cloned()
                .collect(),
        })
    }

    /// Whether Argo CD reports that this commit is deployed.
    pub(super) fn is_at(&self, revision: &str) -> bool {
        let sync = &self.application["status"]["sync"];
        sync["status"] == "Synced" && sync["revision"] == revision
    }

    /// Argo CD's health status of the Application.
    pub(super) fn health(&self) -> &str {
        self.application["status"]["health"]["status"]
            .as_str()
            .unwrap_or("nothing")
    }

    /// The status and the message of the health check for the platform.
    pub(super) fn health_of_platform(&self) -> (&str, &str) {
        let resources = self.application["status"]["resources"].as_array();
        let health = resources
            .into_iter()
            .flatten()
            .find(|resource| resource["kind"] == "FoodDeliveryPlatform")
            .map_or(&Value::Null, |resource| &resource["health"]);
        let word = |name: &str| health[name].as_str().unwrap_or_default();
        (word("status"), word("message"))
    }

    /// Why the platform is not ready in its current generation with all services in the version `tag`; `None` if it
    /// is.
    pub(super) fn unready(&self, tag: &str) -> Option<String> {
        if let Err(why) = install::readiness(&self.platform) {
            return Some(why);
        }
        if self.platform["status"]["observedGeneration"] != self.platform["metadata"]["generation"] {
            return Some("its status is of an older generation".to_owned());
        }
        if self.deployments.is_empty() {
            return Some("it has no Deployment".to_owned());
        }
        self.deployments.iter().find_map(|deployment| {
            let name = &deployment["metadata"]["name"];
            let image = deployment["spec"]["template"]["spec"]["containers"][0]["image"]
                .as_str()
                .unwrap_or_default();
            let status = &deployment["status"];
            let count = |field: &str| status[field].as_i64().unwrap_or(0);
            if !image.ends_with(&format!(":{tag}")) {
                return Some(format!("{name} has the image {image}"));
            }
            let observed = status["observedGeneration"] == deployment["metadata"]["generation"];
            if observed && count("updatedReplicas") == count("replicas") && count("availableReplicas") > 0 {
                return None;
            }
            Some(format!("{name} is not rolled out: {status}"))
        })
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let status = &self.application["status"];
        let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let (_, message) = self.health_of_platform();
        let number = |value: &Value| value.as_i64().map_or("-".to_owned(), |number| number.to_string());
        write!(
            formatter,
            "{} {:.7} {}, generation {} of {PLATFORM} seen {}: {message}",
            word(&status["sync"]["status"]),
            word(&status["sync"]["revision"]),
            self.health(),
            number(&self.platform["metadata"]["generation"]),
            number(&self.platform["status"]["observedGeneration"]),
        )?;
        for condition in status["conditions"].as_array().into_iter().flatten() {
            write!(formatter, "; {}", condition["message"])?;
        }
        Ok(())
    }
}
