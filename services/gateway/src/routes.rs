//! Which path leads to which service.

use crate::extensions::{Extension, Extensions};
use crate::layers::authentication::{Token, TokenRequest};
use crate::layers::problem_pages::problem_pages;
use crate::openapi;
use crate::stack::{Stack, Target};
use crate::upstream::{FRONTEND, InvalidUrl, SERVICES, Service, Upstream};
use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn;
use axum::routing::{MethodRouter, any, post};
use fdp_http::{Json, Problem};
use http::StatusCode;
use std::sync::Arc;

/// The routes to all services and to `extensions`, through `stack`. `url` returns the base URL of a service; a service
/// without one is not part of this platform.
///
/// # Errors
/// When a base URL is invalid.
pub fn routes(
    stack: &Arc<Stack>,
    extensions: &Extensions,
    url: impl Fn(Service) -> Option<String>,
) -> Result<Router, InvalidUrl> {
    let route_to = |service: Service| {
        let upstream = url(service).map(|url| Upstream::new(service, &url)).transpose()?;
        if let Some(upstream) = &upstream {
            tracing::info!(segment = service.segment, %upstream, "routed");
        } else {
            tracing::warn!(variable = service.variable, "not set; its paths answer 404");
        }
        Ok(match upstream {
            Some(upstream) => through(stack, Target::Service(service, upstream)),
            None => missing(service),
        })
    };
    let mut router = Router::new();
    for service in SERVICES {
        router = with_subpaths(router, &format!("/{}", service.segment), &route_to(service)?);
    }
    for extension in extensions.iter() {
        let Extension { route, upstream } = extension;
        tracing::info!(route, %upstream, "routed");
        let handler = through(stack, Target::Extension(upstream.clone()));
        router = with_subpaths(router, route, &handler);
    }
    let frontend = route_to(FRONTEND)?;
    if stack.authentication().is_demo() {
        router = router.route("/demo/token", demo_token(stack));
    }
    router = router.route(
        fdp_http::openapi::PATH,
        openapi::route(|service| url(service).is_some()),
    );
    router = router.route("/", frontend.clone()).route("/{*rest}", frontend);
    Ok(router
        // Here, so that it passes the layer too.
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn(problem_pages)))
}

async fn no_such_method() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "this path does not take that method",
    )
}

/// Adds a path and all paths below it. Of several that match a request, the longest one counts.
fn with_subpaths(router: Router, path: &str, handler: &MethodRouter) -> Router {
    router
        .route(path, handler.clone())
        .route(&format!("{path}/"), handler.clone())
        .route(&format!("{path}/{{*rest}}"), handler.clone())
}

/// Passes requests through the stack to `target`.
fn through(stack: &Arc<Stack>, target: Target) -> MethodRouter {
    let (stack, target) = (stack.clone(), Arc::new(target));
    any(async move |request: Request| stack.handle(&target, request).await)
}

/// Responds for a service that is not part of this platform.
fn missing(service: Service) -> MethodRouter {
    any(async move || Problem::not_found(format!("this platform runs no {} service", service.name)))
}

/// `POST /demo/token` with the name of a persona returns its token.
fn demo_token(stack: &Arc<Stack>) -> MethodRouter {
    let stack = stack.clone();
    post(
        async move |Json(request): Json<TokenRequest>| -> Result<Json<Token>, Problem> {
            let token = stack.authentication().demo_token(&request);
            token.map(Json).ok_or_else(|| Problem::not_found("no such path"))
        },
    )
}
