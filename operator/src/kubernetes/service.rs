//! Kubernetes Services inside the cluster.

use std::collections::BTreeMap;

use k8s_openapi::{
    api::core::v1::{Service, ServicePort, ServiceSpec},
    apimachinery::pkg::{apis::meta::v1::ObjectMeta, util::intstr::IntOrString},
};

use crate::{
    kubernetes::names::{self, Component},
    spec::Validated,
};

/// The Service in front of the pods that `selector` selects.
pub fn service(
    platform: &Validated,
    part: &str,
    component: Component,
    selector: BTreeMap<String, String>,
    ports: Vec<ServicePort>,
) -> Service {
    Service {
        metadata: ObjectMeta {
            name: Some(platform.child(part)),
            labels: Some(names::labels(&platform.name, part, component)),
            ..Default::default()
        },
        spec: Some(ServiceSpec {
            type_: Some("ClusterIP".to_owned()),
            selector: Some(selector),
            ports: Some(ports),
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// A port of a Service, with the name of the container port behind it. `protocol` is the application protocol, for a mesh.
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
