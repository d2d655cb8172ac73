//! The connection limits and outlier detection of each part.

use fdp_crds::foreign::istio::{
    ConnectionPool, DestinationRule, DestinationRuleSpec, HttpConnections, OutlierDetection, Subset,
    TcpConnections, TrafficPolicy, VirtualService,
};

use crate::{
    components::mesh::members::{Member, Versions},
    kubernetes::{
        metadata::metadata,
        names::{CANARY, Component, STABLE, TRACK_LABEL},
    },
    model::{
        object::{Planned, Wave},
        observed::Observed,
    },
    spec::{Mesh, Validated},
};

/// A connection to the local sidecar always succeeds, so the services' own connect timeouts do not detect a pod that is
/// gone. Istio's default is ten seconds.
const CONNECT_TIMEOUT: &str = "2s";
/// Shorter than the idle timeout of services (65 s); otherwise the sidecar could send a request on a connection that
/// the service is closing.
const IDLE_TIMEOUT: &str = "30s";

/// The `DestinationRule` of a part.
///
/// It does not set TLS: a sidecar uses mutual TLS with every pod that has a sidecar too. If the rule required it,
/// requests to pods without a sidecar would fail while Istio is being introduced.
pub(super) fn rule(platform: &Validated, mesh: &Mesh, member: &Member, observed: &Observed) -> Planned {
    let mut rule = DestinationRule::new(
        "",
        DestinationRuleSpec {
            host: platform.child(&member.part),
            // Only the gateway is called from another namespace.
            export_to: if member.is_gateway {
                Vec::new()
            } else {
                vec![".".to_owned()]
            },
            traffic_policy: TrafficPolicy {
                connection_pool: ConnectionPool {
                    tcp: TcpConnections {
                        max_connections: mesh.max_connections,
                        connect_timeout: CONNECT_TIMEOUT.to_owned(),
                    },
                    http: HttpConnections {
                        http1_max_pending_requests: mesh.max_pending_requests,
                        idle_timeout: IDLE_TIMEOUT.to_owned(),
                    },
                },
                outlier_detection: outlier_detection(mesh, member),
            },
            subsets: subsets(platform, member, observed),
        },
    );
    rule.metadata = metadata(platform, &member.part, Component::Mesh);
    Planned::new(Wave::Routing, &rule)
}

/// A part that calls others may return their failures, as order does while pay is down, so only connection errors count
/// against it. If all pods fail, none is ejected.
fn outlier_detection(mesh: &Mesh, member: &Member) -> OutlierDetection {
    let judged_by_connections = member.passes_failures_on.then_some(mesh.consecutive_errors);
    OutlierDetection {
        consecutive_5xx_errors: if member.passes_failures_on {
            0
        } else {
            mesh.consecutive_errors
        },
        split_external_local_origin_errors: judged_by_connections.map(|_| true),
        consecutive_local_origin_failures: judged_by_connections,
        interval: mesh.ejection_interval.clone(),
        base_ejection_time: mesh.base_ejection_time.clone(),
        max_ejection_percent: mesh.max_ejection_percent,
        min_health_percent: 100 - mesh.max_ejection_percent,
    }
}

/// The versions of a part. A subset exists as long as the current route names it, because requests to a missing subset
/// fail.
fn subsets(platform: &Validated, member: &Member, observed: &Observed) -> Vec<Subset> {
    let named = observed
        .children
        .typed::<VirtualService>(&platform.child(&member.part))
        .is_some_and(|service| {
            let routes = service.spec.http.iter().flat_map(|http| &http.route);
            routes.into_iter().any(|route| route.destination.subset.is_some())
        });
    if member.versions == Versions::One && !named {
        return Vec::new();
    }
    [STABLE, CANARY]
        .map(|track| Subset {
            name: track.to_owned(),
            labels: [(TRACK_LABEL.to_owned(), track.to_owned())].into(),
        })
        .to_vec()
}
