//! The assessment of a platform whose parts were observed.

use fdp_crds::{ServiceStatus, condition};

use crate::{
    components::{gateway, mesh, payments},
    model::{
        assessment::{Assessment, ConditionStatus},
        health::Health,
        observed::Observed,
    },
    plan::{
        cloud,
        conditions::{answers::stores_answer, autoscaling, ordering::Ordering, overall, parts, services},
        drills, reachability,
        stores::{self, Stores},
    },
    spec::Validated,
};

/// Assesses a platform by its observed state.
pub fn assess(platform: &Validated, observed: &Observed) -> Assessment {
    let platform = stores::keep_prefixes(platform, observed);
    assess_stores(&stores::stores(&platform, observed), observed)
}

/// Assesses a platform with the data stores that its services use.
pub(in crate::plan) fn assess_stores(stores: &Stores<'_>, observed: &Observed) -> Assessment {
    let platform = &*stores.serving;
    let services: Vec<(ServiceStatus, Health)> = platform
        .services
        .iter()
        .map(|settings| services::service(platform, settings, observed))
        .collect();
    let found = reachability::found(platform, observed);
    let parts = parts::parts(stores, observed, &services, &found);
    let services_ready = stores.paused.is_empty()
        && stores.closed.is_empty()
        && services.iter().all(|(_, health)| health.is_ready())
        && platform
            .services
            .iter()
            .all(|settings| services::has_its_image(platform, settings, observed));
    let statuses: Vec<ServiceStatus> = services.into_iter().map(|(status, _)| status).collect();
    let ordering = Ordering::of(&statuses, stores_answer(platform, observed))
        .without_links(&reachability::links(&found));
    let mut conditions = overall::conditions(&parts, &ordering);
    conditions.extend(parts.iter().map(parts::condition));
    conditions.extend(autoscaling::condition(platform, observed));
    if let Some(drill) = drills::at_work(platform, observed) {
        overall::add_to_ready(&mut conditions, &drill);
    }
    let set_up = conditions
        .iter()
        .any(|known| known.type_ == condition::SETUP_COMPLETE && known.status == ConditionStatus::True);
    let assessment = Assessment {
        conditions,
        customers: ordering.felt(),
        version: services_ready.then(|| platform.tag.clone()),
        url: (platform.public_url.clone())
            .or_else(|| mesh::address(platform, observed))
            .or_else(|| gateway::url(platform, observed)),
        payments: Some(payments::status(platform)),
        services: statuses,
        cloud: cloud::status(platform, observed),
        stores: stores::status(stores, observed, services_ready && set_up),
        reachability: Some(found),
    };
    if platform.suspend {
        assessment.suspended()
    } else {
        assessment
    }
}
