//! The services with the connections that other parts give them.

use fdp_catalogue::Service;
use k8s_openapi::api::core::v1::EnvVar;

use crate::{
    components::{
        extensions, gateway, kafka, mesh, mongodb, notifications, payments, postgres,
        services::{self, Connections},
    },
    kubernetes::{names::Component, service_accounts::account},
    model::{object::Planned, observed::Observed},
    spec::Validated,
};

/// The service accounts of all services.
pub(super) fn accounts(platform: &Validated) -> Vec<Planned> {
    platform
        .services
        .iter()
        .map(|settings| account(platform, settings.service.name(), Component::Service))
        .collect()
}

/// Every object of the services.
pub(super) fn objects(platform: &Validated, observed: &Observed) -> Vec<Planned> {
    platform
        .services
        .iter()
        .flat_map(|settings| {
            let kube_service = services::kube_service(platform, settings, observed);
            let kube_service = match settings.service {
                Service::Gateway => gateway::expose(platform, kube_service),
                _ => kube_service,
            };
            let connections = connections(platform, settings.service);
            services::objects(platform, settings, observed, &connections, &kube_service)
        })
        .collect()
}

fn connections(platform: &Validated, service: Service) -> Connections {
    let mut data_stores = Vec::new();
    if service.keeps_state() {
        data_stores.extend(kafka::client_environment(platform));
        data_stores.extend(postgres::client_environment(platform, service.name()));
    }
    Connections {
        data_stores,
        own: own(platform, service),
    }
}

fn own(platform: &Validated, service: Service) -> Vec<EnvVar> {
    match service {
        Service::Gateway => gateway::environment(
            platform,
            mesh::forwards_client_address(platform),
            extensions::routes(platform),
        ),
        Service::Customer => notifications::environment(platform),
        Service::Order => {
            let mut own = mongodb::environment(platform);
            own.extend(payments::order_environment(platform));
            own
        }
        Service::Pay => payments::pay_environment(platform),
        _ => Vec::new(),
    }
}
