//! Clients for EKS clusters, from the data that AWS returns about them.

use kube::{
    Client, Config,
    client::ClientBuilder,
    config::{KubeConfigOptions, KubeconfigError},
};
use tower::util::MapRequestLayer;

use crate::{
    aws::eks::kubeconfig::of_cluster,
    controller::{fence::Fence, remote_cluster::tokens::Tokens},
    model::cloud::ClusterAccess,
    telemetry,
};

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    #[error("use what AWS tells of EKS cluster {cluster}")]
    Access {
        cluster: String,
        #[source]
        source: KubeconfigError,
    },
    #[error("set up a client for EKS cluster {cluster}")]
    Client {
        cluster: String,
        #[source]
        source: kube::Error,
    },
}

/// A client whose requests carry the current token, and whose writes pass through the fence.
pub(super) async fn connect(
    access: &ClusterAccess,
    tokens: &Tokens,
    fence: &Fence,
) -> Result<Client, ClientError> {
    let config = Config::from_custom_kubeconfig(of_cluster(access), &KubeConfigOptions::default())
        .await
        .map_err(|source| ClientError::Access {
            cluster: access.name.clone(),
            source,
        })?;
    let builder = ClientBuilder::try_from(config).map_err(|source| ClientError::Client {
        cluster: access.name.clone(),
        source,
    })?;
    let tokens = tokens.clone();
    Ok(builder
        .with_layer(&telemetry::request_counter())
        .with_layer(&MapRequestLayer::new(move |request| tokens.authorize(request)))
        .with_layer(fence)
        .build())
}
