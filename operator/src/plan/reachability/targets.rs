//! What each service calls: other services, extensions and its data stores.

use fdp_catalogue::{Service, variables};
use fdp_crds::ServiceStatus;

use crate::{
    components::{kafka, mongodb, postgres, reach::Targets},
    kubernetes::names::{KAFKA, MONGODB, POSTGRES},
    spec::{Mongodb, Validated},
};

/// What a service calls, except what has no replicas. `None` for a service that calls nothing or has none itself.
pub(super) fn targets(platform: &Validated, service: Service, services: &[ServiceStatus]) -> Option<Targets> {
    let runs = |service: Service| {
        let status = services.iter().find(|status| status.name == service.name());
        status.is_some_and(|status| status.desired > 0)
    };
    let mut targets = Targets::default();
    let mut add = |name: &str, address: &str| targets.addresses.push(format!("{name}={address}"));
    for called in service.calls().iter().filter(|called| runs(**called)) {
        let host = platform.child(called.name());
        add(called.name(), &format!("{host}:{}", called.port()));
    }
    if service == Service::Gateway {
        let routed = platform
            .extensions
            .iter()
            .filter(|extension| extension.route.is_some() && extension.scaling.least() > 0);
        for extension in routed {
            let host = platform.child(&extension.name);
            add(&extension.name, &format!("{host}:{}", extension.port));
        }
    }
    if service.keeps_state() {
        let (database, variables) = postgres::address(platform);
        add(KAFKA, &format!("$({})", variables::KAFKA_BROKERS));
        add(POSTGRES, &database);
        let brokers = kafka::client_environment(platform).into_iter();
        targets.environment = brokers
            .filter(|variable| variable.name == variables::KAFKA_BROKERS)
            .chain(variables)
            .collect();
    }
    // The address of another MongoDB is in a URL with its password.
    if service == Service::Order && matches!(platform.mongodb, Mongodb::Managed(_)) {
        let host = platform.child(MONGODB);
        targets
            .addresses
            .push(format!("{MONGODB}={host}:{}", mongodb::PORT));
    }
    (runs(service) && !targets.addresses.is_empty()).then_some(targets)
}
