//! The `OpenAPI` document of everything that is reachable from outside.

use crate::upstream::{FRONTEND, SERVICES, Service};
use axum::response::IntoResponse as _;
use axum::routing::{MethodRouter, get};
use fdp_kit::contracts::openapi::merge;
use fdp_kit::{Json, Problem};
use serde_json::Value;

/// The document of each service, as of the build.
const DOCUMENTS: [(&str, &str); 8] = [
    ("order", include_str!("../../contracts/openapi/order.json")),
    ("pay", include_str!("../../contracts/openapi/pay.json")),
    ("store", include_str!("../../contracts/openapi/store.json")),
    ("delivery", include_str!("../../contracts/openapi/delivery.json")),
    (
        "inventory",
        include_str!("../../contracts/openapi/inventory.json"),
    ),
    ("customer", include_str!("../../contracts/openapi/customer.json")),
    (
        "marketing",
        include_str!("../../contracts/openapi/marketing.json"),
    ),
    ("frontend", include_str!("../../contracts/openapi/frontend.json")),
];

/// Serves [`document`].
pub(crate) fn route(runs: impl Fn(Service) -> bool) -> MethodRouter {
    match document(runs) {
        Ok(document) => get(async move || Json(document)),
        Err(error) => {
            let problem = Problem::internal("putting the document together", &error);
            get(async move || problem.into_response())
        }
    }
}

/// The document of the services that `runs` says are part of this platform.
///
/// # Errors
/// When the document of a service is not JSON.
pub fn document(runs: impl Fn(Service) -> bool) -> Result<Value, serde_json::Error> {
    let running = DOCUMENTS.iter().filter(|(name, _)| {
        let service = SERVICES.iter().find(|service| service.name == *name);
        runs(*service.unwrap_or(&FRONTEND))
    });
    let documents: Vec<Value> = running
        .map(|(_, document)| serde_json::from_str(document))
        .collect::<Result<_, _>>()?;
    Ok(of(documents))
}

/// Merges the `documents` of services.
pub fn of(documents: impl IntoIterator<Item = Value>) -> Value {
    merge(documents, |name, method, path| {
        let segment = path.split('/').nth(1).unwrap_or_default();
        let service = SERVICES.iter().find(|service| service.segment == segment);
        let service = service.unwrap_or(&FRONTEND);
        service.name == name && (method == "GET" || !service.read_only)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_that_does_not_run_is_not_documented() {
        let document = document(|service| service.name != "marketing").unwrap();
        assert!(document["paths"]["/orders"].is_object());
        assert!(document["paths"]["/recommendations"].is_null());
        assert!(
            document["paths"]["/drills"].is_null(),
            "the gateway has no route to them"
        );
        assert!(document["components"]["schemas"]["RecommendationBody"].is_null());
    }
}
