//! Access between members of the mesh: mutual TLS, and authorization by service accounts.

use fdp_crds::{
    Exposure, Mtls,
    foreign::istio::{
        AuthorizationPolicy, AuthorizationPolicySpec, From, MutualTls, Operation, PeerAuthentication,
        PeerAuthenticationSpec, PodSelector, Rule, Source, To,
    },
};

use crate::{
    components::mesh::{members::Member, sidecars},
    kubernetes::{
        metadata::metadata,
        names::{Component, DRILL},
    },
    model::{
        object::{Planned, Wave},
        observed::Observed,
    },
    spec::{Mesh, Validated},
};

/// Whether only mutual TLS is accepted. While Istio is being introduced, pods get their sidecars one after the other,
/// and requests from pods without one must still be accepted.
pub(super) fn enforced(mesh: &Mesh, platform: &Validated, observed: &Observed) -> bool {
    mesh.mtls == Mtls::Strict && sidecars::missing(platform, observed).is_empty()
}

/// Whether a part's pods accept connections without mutual TLS.
///
/// Each part has its own policy, because if two policies select the same pod, only the older one takes effect. Metrics
/// need no exception: they are read from the sidecar's metrics port, which does not use TLS.
pub(super) fn authentication(platform: &Validated, member: &Member, enforced: bool) -> Planned {
    let mode = |strict: bool| MutualTls {
        mode: if strict { "STRICT" } else { "PERMISSIVE" }.to_owned(),
    };
    let open = enforced && is_open(platform, member);
    let mut authentication = PeerAuthentication::new(
        "",
        PeerAuthenticationSpec {
            selector: PodSelector {
                match_labels: member.pods.clone(),
            },
            mtls: mode(enforced),
            port_level_mtls: open
                .then(|| (member.port.to_string(), mode(false)))
                .into_iter()
                .collect(),
        },
    );
    authentication.metadata = metadata(platform, &member.part, Component::Mesh);
    Planned::new(Wave::Routing, &authentication)
}

/// Allows only a part's callers to call it. The policy of a part without callers has no rule, so it denies all
/// requests.
pub(super) fn authorization(platform: &Validated, mesh: &Mesh, member: &Member) -> Planned {
    let to = to([Some(member.port), member.grpc_port].into_iter().flatten());
    let source = if member.is_gateway {
        Some(Source {
            namespaces: vec![mesh.ingress_namespace.clone()],
            ..Default::default()
        })
    } else {
        (!member.callers.is_empty()).then(|| Source {
            principals: member
                .callers
                .iter()
                .map(|caller| principal(platform, caller))
                .collect(),
            ..Default::default()
        })
    };
    let rule = if is_open(platform, member) {
        Some(Rule { from: Vec::new(), to })
    } else {
        source.map(|source| Rule {
            from: vec![From { source }],
            to,
        })
    };
    let mut policy = AuthorizationPolicy::new(
        "",
        AuthorizationPolicySpec {
            selector: PodSelector {
                match_labels: member.pods.clone(),
            },
            action: "ALLOW".to_owned(),
            rules: rule.into_iter().chain(load_of_drills(platform, member)).collect(),
        },
    );
    policy.metadata = metadata(platform, &member.part, Component::Mesh);
    Planned::new(Wave::Routing, &policy)
}

/// The load of drills orders at the gateway, and tells pay what to do wrong.
fn load_of_drills(platform: &Validated, member: &Member) -> Option<Rule> {
    let port = member.drilled_port.filter(|_| !is_open(platform, member))?;
    let source = Source {
        principals: vec![principal(platform, DRILL)],
        ..Default::default()
    };
    Some(Rule {
        from: vec![From { source }],
        to: to([port]),
    })
}

fn to(ports: impl IntoIterator<Item = u16>) -> Vec<To> {
    let ports = ports.into_iter().map(|port| port.to_string()).collect();
    vec![To {
        operation: Operation { ports },
    }]
}

/// Whether clients outside the mesh, which have no certificate, connect to its port.
fn is_open(platform: &Validated, member: &Member) -> bool {
    member.is_gateway && platform.exposure != Exposure::ClusterIP
}

/// The service account of a part, in any trust domain.
fn principal(platform: &Validated, part: &str) -> String {
    format!("*/ns/{}/sa/{}", platform.namespace, platform.child(part))
}
