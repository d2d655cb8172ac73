//! What Istio has to know of other parts: the versions of services with a canary, and the ports of data stores.

use std::collections::BTreeMap;

use fdp_catalogue::Service;

use crate::{
    components::{
        kafka,
        mesh::{Sidecars, Versions, injects},
        mongodb, postgres,
        services::canary,
    },
    model::observed::Observed,
    spec::{Kafka, Mongodb, Postgres, ServiceSettings, Validated},
};

/// What pods need to be in the mesh. Data stores that others run may be reached by a gateway of the mesh, as its owners
/// decide; those that the operator runs never are.
pub(super) fn sidecars(platform: &Validated, observed: &Observed) -> Sidecars {
    let stores = [
        (!matches!(platform.kafka, Kafka::External(_))).then_some(kafka::PORT),
        (!matches!(platform.postgres, Postgres::External(_))).then_some(postgres::PORT),
        matches!(platform.mongodb, Mongodb::Managed(_)).then_some(mongodb::PORT),
    ];
    Sidecars {
        injects: injects(platform, observed),
        data_store_ports: stores.into_iter().flatten().collect(),
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
