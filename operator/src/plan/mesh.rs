//! What Istio has to know of other parts, such as the versions of services with a canary.

use std::collections::BTreeMap;

use fdp_catalogue::Service;

use crate::{
    components::{
        mesh::{Sidecars, Versions, injects},
        services::canary,
    },
    model::observed::Observed,
    spec::{ServiceSettings, Validated},
};

/// What pods need to be in the mesh.
pub(super) fn sidecars(platform: &Validated, observed: &Observed) -> Sidecars {
    Sidecars {
        injects: injects(platform, observed),
        data_store_ports: Vec::new(),
        count_faults: platform.allows_drills,
    }
}

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
