//! Which path leads where.

use crate::auth::{Authentication, Token, TokenWish};
use crate::extensions::{Extension, Extensions};
use crate::gate::{Admitted, Gate, Rules};
use crate::openapi;
use crate::proxy::Proxy;
use crate::upstream::{FRONTEND, InvalidUrl, SERVICES, Service, Upstream};
use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, post};
use fdp_kit::{Json, Problem};
use http::{Method, StatusCode, header};

/// The routes to all services and to `extensions`, behind `gate`. `url` gives a service's base URL; a service without
/// one is not part of this platform.
///
/// # Errors
/// When a base URL is none.
pub fn routes(
    proxy: &Proxy,
    gate: &Gate,
    extensions: &Extensions,
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
        router = below(router, &format!("/{}", service.segment), &target(service)?);
    }
    for extension in extensions.iter() {
        let Extension { route, upstream } = extension;
        tracing::info!(route, %upstream, "routed");
        let handler = to_extension(proxy.clone(), gate.clone(), upstream.clone());
        router = below(router, route, &handler);
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

/// Adds a path and all paths below it. Of several that fit a request the longest counts.
fn below(router: Router, path: &str, handler: &MethodRouter) -> Router {
    router
        .route(path, handler.clone())
        .route(&format!("{path}/"), handler.clone())
        .route(&format!("{path}/{{*rest}}"), handler.clone())
}

fn handler(proxy: Proxy, gate: Gate, service: Service, upstream: Option<Upstream>) -> MethodRouter {
    match upstream {
        Some(upstream) => any(async move |mut request: Request| {
            if service.read_only && !matches!(*request.method(), Method::GET | Method::HEAD) {
                return look_only(service);
            }
            let admitted = gate.admit(&mut request, Rules::Table).await;
            pass(&proxy, &upstream, request, admitted).await
        }),
        None => {
            any(async move || Problem::not_found(format!("this platform runs no {} service", service.name)))
        }
    }
}

fn to_extension(proxy: Proxy, gate: Gate, upstream: Upstream) -> MethodRouter {
    any(async move |mut request: Request| {
        let admitted = gate.admit(&mut request, Rules::Extension).await;
        pass(&proxy, &upstream, request, admitted).await
    })
}

async fn pass(
    proxy: &Proxy,
    upstream: &Upstream,
    request: Request,
    admitted: Result<Admitted, Response>,
) -> Response {
    match admitted {
        Ok(mut admitted) => {
            let caller = admitted.caller.take();
            let answer = proxy.pass(upstream, request, caller, admitted.until).await;
            admitted.finish(answer)
        }
        Err(answer) => answer,
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
