//! Says who has a node port that the API server refused because it is taken.

use k8s_openapi::api::core::v1::Service;
use kube::{Api, ResourceExt as _, api::ListParams};

use crate::{
    controller::{
        api_call::{ApiCall, send},
        target_cluster::TargetCluster,
    },
    kubernetes::names,
    model::object::Planned,
};

/// What the API server says of such a port.
const TAKEN: &str = "provided port is already allocated";
/// The types of Services that have node ports.
const TYPES: [&str; 2] = ["NodePort", "LoadBalancer"];

/// A node port that somebody else has.
#[derive(Debug, thiserror::Error)]
#[error("node port {port} belongs to {holder}: choose another one in spec.gateway.nodePort, or leave it out")]
pub(super) struct Taken {
    port: i32,
    holder: String,
}

/// Who has the node port that an object was refused for; `None` if that was not why, or if nobody is seen to have it.
///
/// Asks the API server, which only a refusal is worth.
pub(super) async fn taken(cluster: &TargetCluster, planned: &Planned, error: &kube::Error) -> Option<Taken> {
    let kube::Error::Api(status) = error else {
        return None;
    };
    if planned.resource.kind != "Service" || !status.message.contains(TAKEN) {
        return None;
    }
    let service: Service = planned.object.as_ref().clone().try_parse().ok()?;
    let port = node_ports(&service).find(|port| status.message.contains(&port.to_string()))?;
    let api = Api::<Service>::all(cluster.client.clone());
    for type_ in TYPES {
        let call = ApiCall {
            verb: "list",
            kind: "Service",
            name: type_,
        };
        let parameters = ListParams::default().fields(&format!("spec.type={type_}"));
        // Without the right to see them, or from a server that cannot select so, the refusal alone has to do.
        let services = send(call, api.list(&parameters)).await.ok()?;
        if let Some(holder) = services
            .iter()
            .find(|other| node_ports(other).any(|taken| taken == port))
        {
            return Some(Taken {
                port,
                holder: name(holder),
            });
        }
    }
    None
}

fn node_ports(service: &Service) -> impl Iterator<Item = i32> {
    let spec = service.spec.as_ref();
    let ports = spec.and_then(|spec| spec.ports.as_deref()).unwrap_or_default();
    let check = spec.and_then(|spec| spec.health_check_node_port);
    ports.iter().filter_map(|port| port.node_port).chain(check)
}

/// The Service, and the platform that it belongs to.
fn name(service: &Service) -> String {
    let (namespace, name) = (service.namespace().unwrap_or_default(), service.name_any());
    match service.labels().get(names::PLATFORM_LABEL) {
        Some(platform) => format!("Service {name} of the platform {namespace}/{platform}"),
        None => format!("Service {namespace}/{name}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_service_is_named_with_its_platform() {
        let mut service: Service = serde_json::from_value(json!({
            "metadata": { "name": "web", "namespace": "other" },
        }))
        .unwrap();
        assert_eq!(name(&service), "Service other/web");
        let label = (names::PLATFORM_LABEL.to_owned(), "shop".to_owned());
        service.metadata.labels = Some([label].into());
        assert_eq!(name(&service), "Service web of the platform other/shop");
    }
}
