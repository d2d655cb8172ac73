//! Repositories for images, with every default filled in.

use fdp_crds::Ecr as EcrSpec;

/// Repositories for images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ecr {
    pub prefix: String,
    pub scan_on_push: bool,
    pub immutable_tags: bool,
}

impl Ecr {
    /// The name of a service's repository.
    pub fn repository(&self, service: &str) -> String {
        format!("{}/{service}", self.prefix)
    }
}

/// Fills in the missing settings.
pub(super) fn repositories(spec: EcrSpec, platform: &str) -> Ecr {
    Ecr {
        prefix: spec.prefix.unwrap_or_else(|| platform.to_owned()),
        scan_on_push: spec.scan_on_push.unwrap_or(true),
        immutable_tags: spec.immutable_tags.unwrap_or(true),
    }
}
