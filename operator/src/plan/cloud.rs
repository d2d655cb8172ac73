//! How what a platform has at a cloud provider is doing.

use fdp_crds::CloudStatus;

use crate::{
    model::{cloud::of, health::Health, observed::Observed},
    spec::Validated,
};

/// How it is doing; `None` if the platform has nothing there.
pub fn health(platform: &Validated, observed: &Observed) -> Option<Vec<Health>> {
    platform.aws.as_ref()?;
    Some(match &observed.cloud {
        Some(state) => state.health.clone(),
        None => vec![Health::Waiting("AWS was not asked yet".to_owned())],
    })
}

/// What the status tells of it.
pub fn status(platform: &Validated, observed: &Observed) -> Option<CloudStatus> {
    platform.aws.as_ref()?;
    observed.cloud.as_ref().map(of)
}
