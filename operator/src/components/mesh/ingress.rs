//! Requests from outside, through Istio's ingress gateway.

use fdp_catalogue::Service;
use fdp_crds::foreign::istio::{
    Gateway, GatewaySpec, HttpRoute, Port, Retries, Server, ServerTls, VirtualService, VirtualServiceSpec,
};

use crate::{
    components::mesh::{members::Member, routes},
    kubernetes::{metadata::metadata, names::Component},
    model::object::{Planned, Wave},
    spec::{Mesh, Validated},
};

/// Retries until a pod of the gateway accepts the connection.
const ATTEMPTS: i32 = 2;

/// The ports of the ingress gateway for these hosts.
pub(super) fn gateway(platform: &Validated, mesh: &Mesh, hosts: &[String]) -> Planned {
    // Only routes of this namespace apply, so that no other namespace can take over requests for this platform.
    let hosts: Vec<String> = hosts.iter().map(|host| format!("./{host}")).collect();
    let redirects = platform
        .tls
        .as_ref()
        .is_some_and(|tls| tls.redirect_http != Some(false));
    let mut servers = vec![Server {
        port: port("http", 80),
        hosts: hosts.clone(),
        tls: redirects.then(|| ServerTls {
            https_redirect: Some(true),
            ..Default::default()
        }),
    }];
    servers.extend(platform.tls.as_ref().map(|tls| Server {
        port: port("https", 443),
        hosts,
        tls: Some(ServerTls {
            mode: Some("SIMPLE".to_owned()),
            credential_name: Some(tls.secret_ref.name.clone()),
            ..Default::default()
        }),
    }));
    let mut gateway = Gateway::new(
        "",
        GatewaySpec {
            selector: mesh.ingress_selector.clone(),
            servers,
        },
    );
    gateway.metadata = metadata(platform, Service::Gateway.name(), Component::Mesh);
    Planned::new(Wave::Routing, &gateway)
}

/// The route from the ingress gateway to the platform's gateway, which has its own timeouts and error responses. Some
/// streams have no end, so this route has no timeout, and it retries no request that has begun.
pub(super) fn route(platform: &Validated, member: &Member, hosts: Vec<String>) -> Planned {
    let mut service = VirtualService::new(
        "",
        VirtualServiceSpec {
            hosts,
            gateways: vec![platform.child(&member.part)],
            http: vec![HttpRoute {
                route: routes::destinations(platform, member, member.port),
                retries: Some(Retries {
                    attempts: ATTEMPTS,
                    retry_on: Some(routes::NOT_BEGUN.to_owned()),
                    ..Default::default()
                }),
                ..Default::default()
            }],
            ..Default::default()
        },
    );
    service.metadata = metadata(platform, &member.part, Component::Mesh);
    Planned::new(Wave::Routing, &service)
}

fn port(name: &str, number: u16) -> Port {
    Port {
        name: name.to_owned(),
        number,
        protocol: name.to_uppercase(),
    }
}
