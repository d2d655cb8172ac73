//! Kubernetes Services inside the cluster.

use k8s_openapi::{
    api::core::v1::{Service, ServicePort, ServiceSpec},
    apimachinery::pkg::util::intstr::IntOrString,
};

use crate::{
    kubernetes::{
        metadata::metadata,
        names::{self, Component},
    },
    spec::Validated,
};

/// The Service in front of a part's pods.
pub fn service(platform: &Validated, part: &str, component: Component, ports: Vec<ServicePort>) -> Service {
    Service {
        metadata: metadata(platform, part, component),
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            selector: Some(names::selector(&platform.name, part)),
            ports: Some(ports),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// A port of a Service that points at the container port of the same name. `protocol` is the application protocol, for
/// a mesh.
pub fn port(name: &str, port: u16, protocol: Option<&str>) -> ServicePort {
    ServicePort {
        name: Some(name.to_owned()),
        port: i32::from(port),
        target_port: Some(IntOrString::String(name.to_owned())),
        protocol: Some("TCP".to_owned()),
        app_protocol: protocol.map(str::to_owned),
        ..Default::default()
    }
}
