//! What rolls the pods of a service: a hash of the Secrets that they read, as an annotation of their template.

use fdp_catalogue::Service;
use serde_json::json;

use crate::{model::observed::Observed, spec::canonical::hash};

/// Changes with the service's password, so that exactly its pods are replaced.
pub(super) fn of(service: Service, observed: &Observed) -> Option<String> {
    service
        .keeps_state()
        .then(|| hash(&json!(observed.credentials.databases.get(service.name()))))
}
