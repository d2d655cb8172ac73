//! Reads from a cluster which pods answer its DNS and at which ports its API server listens.

use std::collections::BTreeSet;

use k8s_openapi::api::{core::v1::Service, discovery::v1::EndpointSlice};
use kube::{Api, Client, api::ListParams};

use crate::model::cluster_network::{ClusterNetwork, DnsPods};

/// The Services by which clusters usually announce their DNS: `CoreDNS` and kube-dns, and `OpenShift`'s.
const USUAL_SERVICES: [(&str, &str); 2] = [("kube-system", "kube-dns"), ("openshift-dns", "dns-default")];
/// The endpoints of the API server, which it writes itself.
const API_SERVER: (&str, &str) = ("default", "kubernetes");

/// The server that this pod asks for names.
pub fn own_resolver() -> Option<String> {
    first_name_server(&std::fs::read_to_string("/etc/resolv.conf").ok()?)
}

fn first_name_server(resolv_conf: &str) -> Option<String> {
    resolv_conf.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        (words.next()? == "nameserver")
            .then(|| words.next())?
            .map(str::to_owned)
    })
}

/// What network policies have to know of the cluster. `resolver` is the address by which its pods reach DNS, if that is
/// known.
///
/// # Errors
/// When the API server does not answer. What it refuses is left unknown.
pub async fn find(client: &Client, resolver: Option<&str>) -> kube::Result<ClusterNetwork> {
    Ok(ClusterNetwork {
        dns: dns(client, resolver).await?,
        api_server_ports: api_server_ports(client).await?,
    })
}

async fn dns(client: &Client, resolver: Option<&str>) -> kube::Result<Option<DnsPods>> {
    if let Some(address) = resolver {
        let at_address = ListParams::default().fields(&format!("spec.clusterIP={address}"));
        let services = if_allowed(Api::<Service>::all(client.clone()).list(&at_address).await)?;
        let found = services
            .and_then(|services| services.items.into_iter().next())
            .and_then(pods_behind);
        if found.is_some() {
            return Ok(found);
        }
    }
    for (namespace, name) in USUAL_SERVICES {
        let services = Api::<Service>::namespaced(client.clone(), namespace);
        let service = if_allowed(services.get_opt(name).await)?.flatten();
        if let Some(found) = service.and_then(pods_behind) {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The pods that a Service selects.
fn pods_behind(service: Service) -> Option<DnsPods> {
    let labels = service.spec?.selector?;
    Some(DnsPods {
        namespace: service.metadata.namespace?,
        labels,
    })
    .filter(|pods| !pods.labels.is_empty())
}

async fn api_server_ports(client: &Client) -> kube::Result<BTreeSet<u16>> {
    let (namespace, name) = API_SERVER;
    let slices = Api::<EndpointSlice>::namespaced(client.clone(), namespace);
    let slice = if_allowed(slices.get_opt(name).await)?.flatten();
    let ports = slice.and_then(|slice| slice.ports).unwrap_or_default();
    Ok(ports
        .into_iter()
        .filter_map(|port| u16::try_from(port.port?).ok())
        .collect())
}

/// Nothing where the API server refuses: an operator of which the rights or the cluster are older has to do with what is
/// usual.
fn if_allowed<T>(answer: kube::Result<T>) -> kube::Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(kube::Error::Api(status)) if matches!(status.code, 400 | 403 | 404) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, future};

    use http::{Request, Response};
    use kube::client::Body;
    use serde_json::{Value, json};

    use super::*;

    const RESOLVER: &str = "10.96.0.10";

    /// What is found in a cluster that answers these paths, and nothing else.
    async fn found(resolver: Option<&str>, answers: Vec<(&'static str, u16, Value)>) -> ClusterNetwork {
        let service = tower::service_fn(move |request: Request<Body>| {
            let path = request.uri().to_string();
            let (code, body) = answers
                .iter()
                .find(|(known, ..)| *known == path)
                .map_or((404, failure(404)), |(_, code, body)| (*code, body.clone()));
            let response = Response::builder()
                .status(code)
                .body(Body::from(body.to_string().into_bytes()));
            future::ready(response)
        });
        find(&Client::new(service, "default"), resolver).await.unwrap()
    }

    fn failure(code: u16) -> Value {
        json!({ "kind": "Status", "apiVersion": "v1", "status": "Failure", "message": "no", "code": code })
    }

    fn service(namespace: &str, name: &str, label: &str, value: &str) -> Value {
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": { "namespace": namespace, "name": name },
            "spec": { "selector": { label: value } },
        })
    }

    fn pods(namespace: &str, label: &str, value: &str) -> DnsPods {
        DnsPods {
            namespace: namespace.to_owned(),
            labels: BTreeMap::from([(label.to_owned(), value.to_owned())]),
        }
    }

    #[tokio::test]
    async fn dns_is_what_is_behind_the_address_that_pods_ask() {
        let list = json!({
            "apiVersion": "v1", "kind": "ServiceList", "metadata": {},
            "items": [service("names", "rke2-coredns", "app", "dns")],
        });
        let network = found(
            Some(RESOLVER),
            vec![
                (
                    "/api/v1/services?&fieldSelector=spec.clusterIP%3D10.96.0.10",
                    200,
                    list,
                ),
                (
                    "/api/v1/namespaces/kube-system/services/kube-dns",
                    200,
                    service("kube-system", "kube-dns", "k8s-app", "kube-dns"),
                ),
            ],
        )
        .await;
        assert_eq!(network.dns, Some(pods("names", "app", "dns")));
    }

    #[tokio::test]
    async fn where_that_address_is_no_service_the_usual_ones_are_looked_for() {
        let label = "dns.operator.openshift.io/daemonset-dns";
        let usual = (
            "/api/v1/namespaces/openshift-dns/services/dns-default",
            200,
            service("openshift-dns", "dns-default", label, "default"),
        );
        for resolver in [None, Some(RESOLVER)] {
            let network = found(resolver, vec![usual.clone()]).await;
            assert_eq!(network.dns, Some(pods("openshift-dns", label, "default")));
        }
    }

    #[tokio::test]
    async fn the_ports_of_the_api_server_are_those_of_its_endpoints() {
        let slice = json!({
            "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": { "name": "kubernetes" },
            "addressType": "IPv4", "endpoints": [], "ports": [{ "name": "https", "port": 16443 }],
        });
        let path = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices/kubernetes";
        let network = found(None, vec![(path, 200, slice)]).await;
        assert_eq!(network.api_server_ports, BTreeSet::from([16443]));
        let refused = found(None, vec![(path, 403, failure(403))]).await;
        assert_eq!(refused, ClusterNetwork::default());
    }

    #[test]
    fn the_first_name_server_is_the_one_that_is_asked() {
        let text =
            "search shop.svc.cluster.local\nnameserver 10.96.0.10\nnameserver 10.96.0.11\noptions ndots:5\n";
        assert_eq!(first_name_server(text).as_deref(), Some(RESOLVER));
        assert_eq!(first_name_server("# nameserver 1.1.1.1\n"), None);
    }
}
