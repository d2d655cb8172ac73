//! The hash that restarts the pods of a service: a hash of the Secrets that they read, as an annotation of their
//! template.

use fdp_catalogue::Service;
use serde_json::json;

use crate::{
    model::observed::Observed,
    spec::{Mongodb, Validated, canonical::hash},
};

/// The hash of the passwords of a service, so that a new password replaces only the pods of this service.
pub(super) fn of(platform: &Validated, service: Service, observed: &Observed) -> Option<String> {
    let credentials = &observed.credentials;
    let database = json!(credentials.databases.get(service.name()));
    let documents = service == Service::Order && matches!(platform.mongodb, Mongodb::Managed(_));
    let read = if documents {
        json!([database, credentials.mongodb])
    } else {
        database
    };
    service.keeps_state().then(|| hash(&read))
}
