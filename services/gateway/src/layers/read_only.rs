//! Layer: services that clients outside the platform may only read.

use crate::upstream::Service;
use crate::webhooks::is_webhook;
use axum::response::{IntoResponse, Response};
use fdp_http::Problem;
use http::{Method, StatusCode, Uri, header};

/// The service may only be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadOnly(Service);

/// Rejects a method other than GET and HEAD at a service that may only be read, except for the news of a payment provider.
///
/// # Errors
/// When the method is rejected.
pub(crate) fn check(service: Service, method: &Method, uri: &Uri) -> Result<(), ReadOnly> {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    if !service.read_only || reads || is_webhook(method, uri) {
        return Ok(());
    }
    Err(ReadOnly(service))
}

impl IntoResponse for ReadOnly {
    fn into_response(self) -> Response {
        let detail = format!(
            "/{} can only be read from outside; place an order with POST /orders, or take it back with DELETE \
             /orders/{{orderId}}",
            self.0.segment
        );
        let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "read-only", detail);
        ([(header::ALLOW, "GET, HEAD")], problem).into_response()
    }
}
