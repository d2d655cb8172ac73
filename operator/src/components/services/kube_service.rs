//! The Kubernetes Service of a service.

use k8s_openapi::api::core::v1::Service as KubeService;

use crate::{
    components::services::{canary, ports::listens},
    kubernetes::{
        names::{self, Component},
        service,
    },
    model::observed::Observed,
    spec::{ServiceSettings, Validated},
};

/// The Kubernetes Service of a service, to which the gateway's exposure is added.
pub fn kube_service(platform: &Validated, settings: &ServiceSettings, observed: &Observed) -> KubeService {
    let name = settings.service.name();
    let mut service = service::service(
        platform,
        name,
        Component::Service,
        listens(settings.service)
            .map(|(name, port)| service::port(name, port, Some(name)))
            .collect(),
    );
    if let Some(spec) = service
        .spec
        .as_mut()
        .filter(|_| canary::joins(settings, observed))
    {
        spec.selector = Some(names::service_selector(&platform.name, name));
    }
    service
}
