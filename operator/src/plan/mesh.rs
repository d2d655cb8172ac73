//! The versions of services with a canary, for Istio.

use std::collections::BTreeMap;

use fdp_catalogue::Service;

use crate::{
    components::{mesh::Versions, services::canary},
    model::observed::Observed,
    spec::{ServiceSettings, Validated},
};

/// The versions that the requests of services with a canary are split between.
pub(super) fn versions(platform: &Validated, observed: &Observed) -> BTreeMap<Service, Versions> {
    platform
        .services
        .iter()
        .filter(|settings| settings.canary.is_some())
        .map(|settings| (settings.service, versions_of(platform, settings, observed)))
        .collect()
}

fn versions_of(platform: &Validated, settings: &ServiceSettings, observed: &Observed) -> Versions {
    if !canary::joins(settings, observed) {
        return Versions::Unsettled;
    }
    Versions::Two {
        canary: canary::weight(platform, settings, observed).unwrap_or(0),
    }
}
