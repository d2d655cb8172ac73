//! The hash that restarts the pods of a service: a hash of the Secrets that they read, as an annotation of their
//! template.

use fdp_catalogue::Service;
use serde_json::json;

use crate::{model::observed::Observed, spec::canonical::hash};

/// The hash of the service's password, so that a new password replaces only the pods of this service.
pub(super) fn of(service: Service, observed: &Observed) -> Option<String> {
    service
        .keeps_state()
        .then(|| hash(&json!(observed.credentials.databases.get(service.name()))))
}
