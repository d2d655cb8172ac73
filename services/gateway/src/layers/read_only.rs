//! Layer: services that clients outside the platform may only read.

use crate::upstream::Service;
use axum::response::{IntoResponse, Response};
use fdp_kit::Problem;
use http::{Method, StatusCode, header};

/// Rejects a method other than GET and HEAD.
///
/// # Errors
/// With the response, when the method is rejected.
pub(crate) fn check(service: Service, method: &Method) -> Result<(), Response> {
    if !service.read_only || matches!(*method, Method::GET | Method::HEAD) {
        return Ok(());
    }
    let detail = format!(
        "/{} can only be read from outside; place an order with POST /orders, or take it back with DELETE \
         /orders/{{orderId}}",
        service.segment
    );
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "read-only", detail);
    Err(([(header::ALLOW, "GET, HEAD")], problem).into_response())
}
