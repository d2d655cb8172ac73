//! Routes between services: which requests are retried, and their timeouts.

use fdp_crds::foreign::istio::{
    Destination, HttpMatch, HttpRoute, PortSelector, Retries, TextMatch, VirtualService, VirtualServiceSpec,
    WeightedDestination,
};

use crate::{
    components::mesh::members::{Member, Versions},
    kubernetes::{
        metadata::metadata,
        names::{CANARY, Component, STABLE},
    },
    model::object::{Planned, Wave},
    spec::{Mesh, Validated},
};

/// Failures before the request was processed.
pub(super) const NOT_BEGUN: &str = "connect-failure,refused-stream";
/// Failures after which an idempotent request is retried. Istio's default also retries requests that an overloaded
/// service has rejected, and in older releases even requests that place orders.
const FAILED: &str = "connect-failure,refused-stream,reset,gateway-error";

/// The `VirtualService` of a part that other services call.
pub(super) fn route(platform: &Validated, mesh: &Mesh, member: &Member) -> Planned {
    let mut service = VirtualService::new(
        "",
        VirtualServiceSpec {
            hosts: vec![platform.child(&member.part)],
            // It is called from its own namespace only.
            export_to: vec![".".to_owned()],
            http: http(platform, mesh, member),
            ..Default::default()
        },
    );
    service.metadata = metadata(platform, &member.part, Component::Mesh);
    Planned::new(Wave::Routing, &service)
}

/// The routes of a part. The first one that matches a request applies.
fn http(platform: &Validated, mesh: &Mesh, member: &Member) -> Vec<HttpRoute> {
    let timeout = Some(at_least(member.longest_answer, &mesh.timeout));
    let least_of_try = member.longest_answer.filter(|_| member.caller_has_deadline);
    let to = |port| destinations(platform, member, port);
    let repeated = |per_try_timeout: Option<String>| retries(mesh, FAILED, per_try_timeout);
    let mut routes = Vec::new();
    if let Some(port) = member.grpc_port {
        // Every gRPC request carries its own deadline, and only its caller knows whether it may be retried.
        routes.push(HttpRoute {
            matches: vec![HttpMatch {
                port: Some(port),
                ..Default::default()
            }],
            route: to(port),
            retries: Some(retries(mesh, NOT_BEGUN, None)),
            ..Default::default()
        });
    }
    routes.push(HttpRoute {
        matches: streams(member),
        route: to(member.port),
        retries: Some(retries(mesh, NOT_BEGUN, None)),
        ..Default::default()
    });
    routes.push(HttpRoute {
        matches: vec![HttpMatch {
            method: Some(TextMatch::Regex("GET|HEAD".to_owned())),
            ..Default::default()
        }],
        route: to(member.port),
        timeout: timeout.clone(),
        retries: Some(repeated(Some(at_least(least_of_try, &mesh.per_try_timeout)))),
    });
    if member.honours_idempotency_keys {
        routes.push(HttpRoute {
            matches: vec![with_header("idempotency-key", ".+")],
            route: to(member.port),
            timeout: timeout.clone(),
            // A service rejects a retry while the first request is in progress, so each try has the whole timeout.
            retries: Some(repeated(None)),
        });
    }
    routes.push(HttpRoute {
        route: to(member.port),
        timeout,
        retries: Some(retries(mesh, NOT_BEGUN, None)),
        ..Default::default()
    });
    routes
}

/// Matches responses without an end: server-sent events, and connections that switch protocols. A timeout lasts until
/// the last byte of a response, and would cut them off.
fn streams(member: &Member) -> Vec<HttpMatch> {
    let mut matches = vec![
        with_header("accept", ".*text/event-stream.*"),
        with_header("upgrade", ".+"),
    ];
    if member.has_streams {
        matches.push(HttpMatch {
            uri: Some(TextMatch::Regex("/.+/events".to_owned())),
            ..Default::default()
        });
    }
    matches
}

fn with_header(name: &str, value: &str) -> HttpMatch {
    HttpMatch {
        headers: [(name.to_owned(), TextMatch::Regex(value.to_owned()))].into(),
        ..Default::default()
    }
}

fn retries(mesh: &Mesh, failures: &str, per_try_timeout: Option<String>) -> Retries {
    if mesh.retry_attempts == 0 {
        // Without this value, Istio would apply its default.
        return Retries::default();
    }
    Retries {
        attempts: mesh.retry_attempts,
        retry_on: Some(failures.to_owned()),
        per_try_timeout,
    }
}

/// Where requests to a port of a part go.
pub(super) fn destinations(platform: &Validated, member: &Member, port: u16) -> Vec<WeightedDestination> {
    let to = |subset: Option<&str>, weight| WeightedDestination {
        destination: Destination {
            host: platform.child(&member.part),
            port: PortSelector { number: port },
            subset: subset.map(str::to_owned),
        },
        weight,
    };
    match member.versions {
        Versions::One | Versions::Unsettled => vec![to(None, None)],
        Versions::Two { canary: ..=0 } => vec![to(Some(STABLE), None)],
        Versions::Two { canary: 100.. } => vec![to(Some(CANARY), None)],
        Versions::Two { canary } => vec![
            to(Some(STABLE), Some(100 - canary)),
            to(Some(CANARY), Some(canary)),
        ],
    }
}

/// The timeout, raised to at least so many milliseconds.
fn at_least(least: Option<u64>, time: &str) -> String {
    match (least, milliseconds(time)) {
        (Some(least), Some(given)) if given < least => format!("{}s", least / 1_000),
        _ => time.to_owned(),
    }
}

fn milliseconds(time: &str) -> Option<u64> {
    let (number, unit) = [("ms", 1), ("s", 1_000), ("m", 60_000)]
        .into_iter()
        .find_map(|(suffix, unit)| Some((time.strip_suffix(suffix)?, unit)))?;
    number.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_unit_that_the_schema_allows() {
        assert_eq!(milliseconds("500ms"), Some(500));
        assert_eq!(milliseconds("3s"), Some(3_000));
        assert_eq!(milliseconds("2m"), Some(120_000));
        assert_eq!(milliseconds("soon"), None);
    }
}
