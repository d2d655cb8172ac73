//! Looks once, when a cluster's watches start, for what network policies have to know of the cluster.

use std::{future, time::Duration};

use crate::{connect::cluster_network::find, controller::caches::watched::Watched};

/// How long to wait before asking again when the API server did not answer.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// Looks until the API server has answered, and then rests for ever: who changes the cluster's DNS restarts the operator.
///
/// `resolver` is the address by which pods of this cluster reach its DNS, if that is known.
pub(super) async fn observe(watched: Watched, resolver: Option<String>) {
    loop {
        match find(&watched.client, resolver.as_deref()).await {
            Ok(network) => {
                tracing::debug!(?network, "found the cluster's DNS");
                watched.copies.set_network(network);
                break;
            }
            Err(error) => tracing::warn!(%error, "looking for the cluster's DNS failed, trying again"),
        }
        tokio::time::sleep(RETRY_AFTER).await;
    }
    watched.copies.mark_one_complete();
    future::pending::<()>().await;
}
