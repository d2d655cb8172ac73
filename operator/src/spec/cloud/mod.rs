//! The AWS settings of a platform, with every default filled in.

mod codebuild;
mod ecr;
mod eks;
#[cfg(test)]
mod tests;

use fdp_crds::{Aws as AwsSpec, DeletionPolicy, FoodDeliveryPlatform};

pub use codebuild::{CodeBuild, Variable};
pub use ecr::Ecr;
pub use eks::{Eks, NodeGroup};

/// The AWS settings of a platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aws {
    pub region: String,
    pub ecr: Option<Ecr>,
    pub eks: Option<Eks>,
    pub code_build: Option<CodeBuild>,
    pub deletion_policy: DeletionPolicy,
}

/// The AWS settings of a platform, if it has any. They can be read without validating the rest of the specification.
pub fn aws(platform: &FoodDeliveryPlatform) -> Option<Aws> {
    let AwsSpec {
        region,
        ecr,
        eks,
        code_build,
        deletion_policy,
    } = platform.spec.cloud.clone()?.aws?;
    let name = platform.metadata.name.as_deref().unwrap_or_default();
    let namespace = platform.metadata.namespace.as_deref().unwrap_or("default");
    let ecr = ecr.map(|spec| ecr::repositories(spec, name));
    let eks = eks.map(|spec| eks::cluster(spec, namespace, name));
    Some(Aws {
        region,
        code_build: code_build.map(|spec| CodeBuild::new(spec, namespace, name, ecr.as_ref(), eks.as_ref())),
        ecr,
        eks,
        deletion_policy: deletion_policy.unwrap_or_default(),
    })
}
