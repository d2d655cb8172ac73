//! Layer: services that clients outside the platform may only read.

use crate::upstream::Service;
use axum::response::{IntoResponse, Response};
use fdp_http::Problem;
use http::{Method, StatusCode, header};

/// The service may only be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadOnly(Service);

/// Rejects a method other than GET and HEAD at a service that may only be read.
///
/// # Errors
/// When the method is rejected.
pub(crate) fn check(service: Service, method: &Method) -> Result<(), ReadOnly> {
    if !service.read_only || matches!(*method, Method::GET | Method::HEAD) {
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
