//! The settings that the operator was installed with.

/// Defaults for whatever a platform leaves open.
#[derive(Clone, Debug, PartialEq, Eq, clap::Args)]
pub struct Settings {
    /// Registry and path of the images, if a platform names none.
    #[arg(long, env = "FDP_IMAGE_REGISTRY", default_value = "localhost/food-delivery")]
    pub image_registry: String,

    /// Tag of the images, if a platform names none.
    #[arg(long, env = "FDP_IMAGE_TAG", default_value = env!("CARGO_PKG_VERSION"))]
    pub image_tag: String,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            image_registry: "localhost/food-delivery".to_owned(),
            image_tag: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}
