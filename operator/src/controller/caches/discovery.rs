//! Asks which APIs a cluster serves, where the operator may not watch their definitions: everybody may ask that.

use std::collections::BTreeMap;

use kube::{Client, core::ApiResource};

use crate::{
    connect::{chain, is_not_found},
    model::apis::MetricsApi,
};

/// The group and version of the metrics API.
const METRICS: &str = "metrics.k8s.io/v1beta1";

/// Which of these kinds the cluster serves, as far as it answers.
pub(super) async fn served(client: &Client, kinds: &[ApiResource]) -> Vec<(ApiResource, bool)> {
    let mut answers: BTreeMap<&str, Option<Vec<String>>> = BTreeMap::new();
    for kind in kinds {
        if !answers.contains_key(kind.api_version.as_str()) {
            answers.insert(&kind.api_version, plurals(client, &kind.api_version).await);
        }
    }
    kinds
        .iter()
        .filter_map(|kind| {
            let plurals = answers.get(kind.api_version.as_str())?.as_ref()?;
            Some((kind.clone(), plurals.contains(&kind.plural)))
        })
        .collect()
}

/// The kinds of a group and version; `None` if the API server does not answer.
async fn plurals(client: &Client, api_version: &str) -> Option<Vec<String>> {
    match client.list_api_group_resources(api_version).await {
        Ok(list) => Some(list.resources.into_iter().map(|resource| resource.name).collect()),
        Err(error) if is_not_found(&error) => Some(Vec::new()),
        Err(_) => None,
    }
}

/// Whether the cluster has CPU metrics.
pub(super) async fn metrics(client: &Client) -> MetricsApi {
    match client.list_api_group_resources(METRICS).await {
        Ok(_) => MetricsApi::Available,
        Err(error) if is_not_found(&error) => MetricsApi::Missing,
        Err(error) => MetricsApi::Unavailable(chain(&error)),
    }
}

#[cfg(test)]
mod tests {
    use fdp_crds::foreign::{cloud_native_pg, strimzi};
    use http::{Request, Response};
    use kube::client::Body;
    use serde_json::json;

    use super::*;

    /// A cluster with CloudNativePG, whose API for metrics does not answer.
    fn cluster() -> Client {
        let service = tower::service_fn(|request: Request<Body>| {
            let (code, body) = match request.uri().path() {
                path if path.starts_with("/apis/postgresql.cnpg.io/") => {
                    let resource = json!({
                        "name": "clusters", "kind": "Cluster", "namespaced": true, "singularName": "", "verbs": ["get"],
                    });
                    (
                        200,
                        json!({ "groupVersion": "postgresql.cnpg.io/v1", "resources": [resource] }),
                    )
                }
                path if path.starts_with("/apis/metrics.k8s.io/") => (503, json!("service unavailable")),
                _ => (404, json!("404 page not found")),
            };
            let response = Response::builder().status(code);
            std::future::ready(response.body(Body::from(body.to_string().into_bytes())))
        });
        Client::new(service, "food")
    }

    #[tokio::test]
    async fn kinds_are_served_or_not_as_the_cluster_says() {
        let kinds: Vec<ApiResource> = cloud_native_pg::kinds()
            .into_iter()
            .chain(strimzi::kinds())
            .collect();
        let served = served(&cluster(), &kinds).await;
        let there: Vec<&str> = served
            .iter()
            .filter(|(_, served)| *served)
            .map(|(kind, _)| kind.kind.as_str())
            .collect();
        assert_eq!((served.len(), there), (kinds.len(), vec!["Cluster"]));
    }

    #[tokio::test]
    async fn metrics_that_do_not_answer_are_unavailable_and_not_missing() {
        assert!(matches!(metrics(&cluster()).await, MetricsApi::Unavailable(_)));
    }
}
