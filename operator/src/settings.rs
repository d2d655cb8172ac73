//! The settings that the operator was installed with.

/// A Fluentd image with the plugin for Elasticsearch.
const FLUENTD_IMAGE: &str = "docker.io/fluent/fluentd-kubernetes-daemonset:v1.18-debian-elasticsearch8-1";

/// Defaults for whatever a platform leaves open, and what platforms may not decide for themselves.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub struct Settings {
    /// Registry and path of the images, if a platform names none.
    #[arg(long, env = "FDP_IMAGE_REGISTRY", default_value = "localhost/food-delivery")]
    pub image_registry: String,

    /// Tag of the images, if a platform names none.
    #[arg(long, env = "FDP_IMAGE_TAG", default_value = env!("CARGO_PKG_VERSION"))]
    pub image_tag: String,

    /// Which Secrets platforms may name: any of their namespace, or those with the label
    /// fooddelivery.dev/shared-with=platforms. The next release insists on the label.
    #[arg(
        long,
        env = "FDP_REFERENCED_SECRETS",
        value_enum,
        ignore_case = true,
        default_value = "Any"
    )]
    pub referenced_secrets: ReferencedSecrets,

    /// Image of Fluentd, which runs as root with the nodes' log files.
    #[arg(long, env = "FDP_FLUENTD_IMAGE", default_value = FLUENTD_IMAGE)]
    pub fluentd_image: String,

    /// Who may say which images run as root or with files of the nodes: only this operator's settings, or also any
    /// platform.
    #[arg(
        long,
        env = "FDP_PRIVILEGED_IMAGES",
        value_enum,
        ignore_case = true,
        default_value = "Operator"
    )]
    pub privileged_images: PrivilegedImages,
}

/// Which Secrets platforms may name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "PascalCase")]
pub enum ReferencedSecrets {
    /// Any of their namespace, except those that the operator made for another platform.
    #[default]
    Any,
    /// Those that carry the label for it.
    Labelled,
}

/// Who may say which images run as root or with files of the nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "PascalCase")]
pub enum PrivilegedImages {
    /// The operator's settings.
    #[default]
    Operator,
    /// Any platform.
    Any,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            image_registry: "localhost/food-delivery".to_owned(),
            image_tag: env!("CARGO_PKG_VERSION").to_owned(),
            referenced_secrets: ReferencedSecrets::default(),
            fluentd_image: FLUENTD_IMAGE.to_owned(),
            privileged_images: PrivilegedImages::default(),
        }
    }
}
