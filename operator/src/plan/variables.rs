//! The names of the environment variables that a service's container gets from the operator.

use super::catalog::Service;

/// Whether the store or the rider acts by itself.
pub const AUTOPILOT: &str = "AUTOPILOT";

/// The variable that says where `service` is.
pub fn url(service: Service) -> String {
    format!("{}_URL", service.name().to_uppercase())
}

/// All that the operator sets for `service`.
pub fn names(service: Service) -> Vec<String> {
    let mut names: Vec<String> = ["PORT", "PLATFORM", "POD_NAME", "LOG_LEVEL"]
        .into_iter()
        .map(str::to_owned)
        .collect();
    if service.keeps_state() {
        names.extend(["KAFKA_BROKERS", "DATABASE_PASSWORD", "DATABASE_URL"].map(str::to_owned));
    }
    if matches!(service, Service::Store | Service::Delivery) {
        names.push(AUTOPILOT.to_owned());
    }
    names.extend(service.calls().iter().copied().map(url));
    names
}
