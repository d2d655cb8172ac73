//! Makes clients for clusters that AWS tells of.

use kube::{
    Client, Config,
    client::ClientBuilder,
    config::{KubeConfigOptions, KubeconfigError},
};
use tower::util::MapRequestLayer;

use crate::{
    aws::eks::kubeconfig::of_cluster,
    controller::{
        leadership::Fence,
        target::{counted, tokens::Tokens},
    },
    model::cloud::ClusterAccess,
};

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
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

/// A client whose requests carry the token at hand, and whose writes pass the fence.
pub(super) async fn client(
    access: &ClusterAccess,
    tokens: &Tokens,
    fence: &Fence,
) -> Result<Client, ConnectError> {
    let config = Config::from_custom_kubeconfig(of_cluster(access), &KubeConfigOptions::default())
        .await
        .map_err(|source| ConnectError::Access {
            cluster: access.name.clone(),
            source,
        })?;
    let builder = ClientBuilder::try_from(config).map_err(|source| ConnectError::Client {
        cluster: access.name.clone(),
        source,
    })?;
    let tokens = tokens.clone();
    Ok(builder
        .with_layer(&counted())
        .with_layer(&MapRequestLayer::new(move |request| tokens.authorize(request)))
        .with_layer(fence)
        .build())
}
