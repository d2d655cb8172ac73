//! Finds the settings that plans are made with: by default those of the operator in the cluster.

use clap::ValueEnum as _;
use k8s_openapi::api::{apps::v1::Deployment, core::v1::EnvVar};
use kube::{Api, Client, api::ListParams};

use crate::settings::{PrivilegedImages, ReferencedSecrets, Settings};

/// The label of all objects that the operator's installation contains.
const OPERATOR: &str = "app.kubernetes.io/name=fdp-operator";

/// What a person said about images; the operator in the cluster says the rest.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
pub struct ImageArguments {
    /// Registry and path of the images, if a platform names none [default: as the operator in the cluster has it].
    #[arg(long, env = "FDP_IMAGE_REGISTRY", value_name = "REGISTRY")]
    pub image_registry: Option<String>,

    /// Tag of the images, if a platform names none [default: as the operator in the cluster has it].
    #[arg(long, env = "FDP_IMAGE_TAG", value_name = "TAG")]
    pub image_tag: Option<String>,
}

impl ImageArguments {
    /// The settings that the operator plans with, as far as they can be read.
    pub async fn settings(&self, client: &Client) -> Settings {
        // The user may lack the permission to list Deployments, or there may be no operator: then the built-in defaults
        // apply.
        let deployments = Api::<Deployment>::all(client.clone())
            .list(&ListParams::default().labels(OPERATOR))
            .await
            .map(|list| list.items)
            .unwrap_or_default();
        self.settings_beside(deployments.first())
    }

    fn settings_beside(&self, operator: Option<&Deployment>) -> Settings {
        let default = Settings::default();
        let variable = |name| operator.and_then(|operator| variable(operator, name));
        let chosen = |name| variable(name).filter(|text| !text.is_empty());
        Settings {
            image_registry: self
                .image_registry
                .clone()
                .or_else(|| variable("FDP_IMAGE_REGISTRY"))
                .unwrap_or(default.image_registry),
            image_tag: self
                .image_tag
                .clone()
                .or_else(|| variable("FDP_IMAGE_TAG"))
                .unwrap_or(default.image_tag),
            referenced_secrets: chosen("FDP_REFERENCED_SECRETS")
                .and_then(|word| ReferencedSecrets::from_str(&word, true).ok())
                .unwrap_or(default.referenced_secrets),
            fluentd_image: chosen("FDP_FLUENTD_IMAGE").unwrap_or(default.fluentd_image),
            privileged_images: chosen("FDP_PRIVILEGED_IMAGES")
                .and_then(|word| PrivilegedImages::from_str(&word, true).ok())
                .unwrap_or(default.privileged_images),
        }
    }
}

fn variable(operator: &Deployment, name: &str) -> Option<String> {
    let containers = &operator.spec.as_ref()?.template.spec.as_ref()?.containers;
    let mut variables = containers
        .iter()
        .flat_map(|container| container.env.as_deref().unwrap_or_default());
    variables
        .find(|variable: &&EnvVar| variable.name == name)?
        .value
        .clone()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn operator() -> Deployment {
        serde_json::from_value(json!({ "metadata": {}, "spec": {
            "selector": {},
            "template": { "spec": { "containers": [{ "name": "operator", "env": [
                { "name": "FDP_IMAGE_REGISTRY", "value": "registry.example.com/food" },
                { "name": "FDP_IMAGE_TAG", "value": "1.2" },
                { "name": "FDP_REFERENCED_SECRETS", "value": "Labelled" },
                { "name": "FDP_FLUENTD_IMAGE", "value": "registry.example.com/fluentd:1" },
                { "name": "FDP_PRIVILEGED_IMAGES", "value": "any" },
            ] }] } },
        } }))
        .unwrap()
    }

    #[test]
    fn missing_settings_come_from_the_installed_operator() {
        let settings = ImageArguments::default().settings_beside(Some(&operator()));
        assert_eq!(
            (settings.image_registry.as_str(), settings.image_tag.as_str()),
            ("registry.example.com/food", "1.2")
        );
        assert_eq!(settings.referenced_secrets, ReferencedSecrets::Labelled);
        assert_eq!(settings.fluentd_image, "registry.example.com/fluentd:1");
        assert_eq!(settings.privileged_images, PrivilegedImages::Any);
        let arguments = ImageArguments {
            image_tag: Some("2.0".to_owned()),
            ..Default::default()
        };
        assert_eq!(arguments.settings_beside(Some(&operator())).image_tag, "2.0");
    }

    #[test]
    fn without_an_operator_the_built_in_defaults_count() {
        assert_eq!(
            ImageArguments::default().settings_beside(None),
            Settings::default()
        );
    }
}
