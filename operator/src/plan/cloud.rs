//! The health and status of a platform's resources at a cloud provider.

use fdp_crds::CloudStatus;

use crate::{
    model::{cloud::of, health::Health, observed::Observed},
    spec::Validated,
};

/// Their health; `None` if the platform has none.
pub(super) fn health(platform: &Validated, observed: &Observed) -> Option<Vec<Health>> {
    platform.aws.as_ref()?;
    Some(match &observed.cloud {
        Some(state) => state.health.clone(),
        None => vec![Health::Waiting("AWS was not asked yet".to_owned())],
    })
}

/// The part of the status about them.
pub(super) fn status(platform: &Validated, observed: &Observed) -> Option<CloudStatus> {
    platform.aws.as_ref()?;
    observed.cloud.as_ref().map(of)
}
