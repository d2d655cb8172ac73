//! The ports of services.

use fdp_catalogue::Service;

use crate::spec::Validated;

/// The ports of a service: their numbers, and their names, which are also their protocols.
pub(super) fn listens(service: Service) -> impl Iterator<Item = (&'static str, u16)> {
    let grpc = service.grpc_port().map(|port| ("grpc", port));
    [("http", service.port())].into_iter().chain(grpc)
}

/// The management port, which is not part of the Kubernetes Service.
pub(super) fn management(service: Service) -> Option<(&'static str, u16)> {
    service.management_port().map(|port| ("management", port))
}

/// The port for drills, if the platform allows them. It is not part of the Kubernetes Service either.
pub(super) fn drills(platform: &Validated, service: Service) -> Option<(&'static str, u16)> {
    let port = service.drill_port().filter(|_| platform.allows_drills);
    port.map(|port| ("drills", port))
}
