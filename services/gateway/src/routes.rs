//! Which path leads where.

use crate::proxy::Proxy;
use crate::upstream::{FRONTEND, InvalidUrl, SERVICES, Service, Upstream};
use axum::Router;
use axum::extract::Request;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, any};
use fdp_kit::Problem;
use http::StatusCode;

/// The routes to all services. `url` gives a service's base URL; a service without one is not part of this platform.
///
/// # Errors
/// When a base URL is none.
pub fn routes(proxy: &Proxy, url: impl Fn(Service) -> Option<String>) -> Result<Router, InvalidUrl> {
    let target = |service: Service| {
        let upstream = url(service).map(|url| Upstream::new(service, &url)).transpose()?;
        if let Some(upstream) = &upstream {
            tracing::info!(segment = service.segment, %upstream, "routed");
        } else {
            tracing::warn!(variable = service.variable, "not set; its paths answer 404");
        }
        Ok(handler(proxy.clone(), service, upstream))
    };
    let mut router = Router::new();
    for service in SERVICES {
        let (segment, handler) = (service.segment, target(service)?);
        router = router
            .route(&format!("/{segment}"), handler.clone())
            .route(&format!("/{segment}/"), handler.clone())
            .route(&format!("/{segment}/{{*rest}}"), handler);
    }
    let frontend = target(FRONTEND)?;
    Ok(router.route("/", frontend.clone()).route("/{*rest}", frontend))
}

fn handler(proxy: Proxy, service: Service, upstream: Option<Upstream>) -> MethodRouter {
    match upstream {
        Some(upstream) => any(async move |request: Request| {
            if service.read_only && !request.method().is_safe() {
                return look_only(service).into_response();
            }
            proxy.pass(&upstream, request).await
        }),
        None => {
            any(async move || Problem::not_found(format!("this platform runs no {} service", service.name)))
        }
    }
}

fn look_only(service: Service) -> Problem {
    let detail = format!(
        "/{} can only be read from outside; place an order with POST /orders, or take it back with DELETE \
         /orders/{{orderId}}",
        service.segment
    );
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "read-only", detail)
}
