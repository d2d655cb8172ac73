//! Whether a platform uses Istio now.

use crate::{
    model::{apis::Family, observed::Observed},
    spec::{Mesh, Validated},
};

/// Whether pods get a sidecar.
pub fn injects(platform: &Validated, observed: &Observed) -> bool {
    active(platform, observed).is_some()
}

/// The settings of Istio, if it is enabled and installed.
pub(super) fn active<'a>(platform: &'a Validated, observed: &Observed) -> Option<&'a Mesh> {
    platform
        .mesh
        .as_ref()
        .filter(|_| observed.apis.have(Family::Istio))
}
