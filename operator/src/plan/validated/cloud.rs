//! What a platform has at AWS, with every default filled in.

use fdp_crds::{Aws as AwsSpec, DeletionPolicy, Ecr as EcrSpec, FoodDeliveryPlatform};

const KEEP_IMAGES: i32 = 30;

/// What a platform has at AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aws {
    pub region: String,
    pub ecr: Option<Ecr>,
    pub deletion_policy: DeletionPolicy,
}

/// Repositories for images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ecr {
    pub prefix: String,
    pub scan_on_push: bool,
    pub immutable_tags: bool,
    pub keep_images: i32,
}

impl Ecr {
    /// The name of a service's repository.
    pub fn repository(&self, service: &str) -> String {
        format!("{}/{service}", self.prefix)
    }
}

/// What a platform has at AWS, if anything; this part of a specification makes sense without the others.
pub fn aws(platform: &FoodDeliveryPlatform) -> Option<Aws> {
    let AwsSpec {
        region,
        ecr,
        deletion_policy,
    } = platform.spec.cloud.clone()?.aws?;
    let name = platform.metadata.name.as_deref().unwrap_or_default();
    Some(Aws {
        region,
        ecr: ecr.map(|ecr| repositories(ecr, name)),
        deletion_policy: deletion_policy.unwrap_or_default(),
    })
}

fn repositories(spec: EcrSpec, platform: &str) -> Ecr {
    Ecr {
        prefix: spec.prefix.unwrap_or_else(|| platform.to_owned()),
        scan_on_push: spec.scan_on_push.unwrap_or(true),
        immutable_tags: spec.immutable_tags.unwrap_or(true),
        keep_images: spec.keep_images.unwrap_or(KEEP_IMAGES),
    }
}
