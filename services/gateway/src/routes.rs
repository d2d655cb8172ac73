//! Which path leads where.

use crate::auth::{Authentication, Token, TokenWish};
use crate::gate::Gate;
use crate::openapi;
use crate::proxy::Proxy;
use crate::upstream::{FRONTEND, InvalidUrl, SERVICES, Service, Upstream};
use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, post};
use fdp_kit::{Json, Problem};
use http::{Method, StatusCode, header};

/// The routes to all services, behind `gate`. `url` gives a service's base URL; a service without one is not part of
/// this platform.
///
/// # Errors
/// When a base URL is none.
pub fn routes(
    proxy: &Proxy,
    gate: &Gate,
    url: impl Fn(Service) -> Option<String>,
) -> Result<Router, InvalidUrl> {
    let target = |service: Service| {
        let upstream = url(service).map(|url| Upstream::new(service, &url)).transpose()?;
        if let Some(upstream) = &upstream {
            tracing::info!(segment = service.segment, %upstream, "routed");
        } else {
            tracing::warn!(variable = service.variable, "not set; its paths answer 404");
        }
        Ok(handler(proxy.clone(), gate.clone(), service, upstream))
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
    if gate.authentication.is_demo() {
        router = router.route("/demo/token", demo(gate.authentication.clone()));
    }
    router = router.route(
        fdp_kit::openapi::PATH,
        openapi::route(|service| url(service).is_some()),
    );
    Ok(router.route("/", frontend.clone()).route("/{*rest}", frontend))
}

fn handler(proxy: Proxy, gate: Gate, service: Service, upstream: Option<Upstream>) -> MethodRouter {
    match upstream {
        Some(upstream) => any(async move |mut request: Request| {
            if service.read_only && !matches!(*request.method(), Method::GET | Method::HEAD) {
                return look_only(service);
            }
            match gate.admit(&mut request).await {
                Ok(mut admitted) => {
                    let caller = admitted.caller.take();
                    let answer = proxy.pass(&upstream, request, caller, admitted.until).await;
                    admitted.finish(answer)
                }
                Err(answer) => answer,
            }
        }),
        None => {
            any(async move || Problem::not_found(format!("this platform runs no {} service", service.name)))
        }
    }
}

/// `POST /demo/token` with a persona's name gives its token.
fn demo(authentication: Authentication) -> MethodRouter {
    post(
        async move |Json(wish): Json<TokenWish>| -> Result<Json<Token>, Problem> {
            let token = authentication.demo_token(&wish);
            token.map(Json).ok_or_else(|| Problem::not_found("no such path"))
        },
    )
}

fn look_only(service: Service) -> Response {
    let detail = format!(
        "/{} can only be read from outside; place an order with POST /orders, or take it back with DELETE \
         /orders/{{orderId}}",
        service.segment
    );
    let problem = Problem::new(StatusCode::METHOD_NOT_ALLOWED, "read-only", detail);
    ([(header::ALLOW, "GET, HEAD")], problem).into_response()
}
