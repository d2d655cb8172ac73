//! Connections to the EKS clusters that hold platforms' objects. Each is watched and probed while it is needed.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use aws_config::SdkConfig;
use kube::{Client, runtime::reflector::ObjectRef};
use tokio::{sync::watch, task::JoinSet, time::timeout};

use crate::{
    connect::chain,
    controller::{
        caches::{self, Sender},
        fence::Fence,
        platform::{Platform, PlatformKey},
        remote_cluster::{
            client::{self, ClientError},
            tokens::{RenewError, Tokens},
        },
        target_cluster::TargetCluster,
    },
    model::{cloud::ClusterAccess, health::Health},
};

/// How often a cluster is probed.
const PROBE_INTERVAL: Duration = Duration::from_secs(20);
/// How long a probe may take.
const PROBE_TIMEOUT: Duration = Duration::from_secs(10);

/// The connections, by platform.
pub struct RemoteClusters {
    fence: Fence,
    sender: Sender,
    connections: Mutex<HashMap<PlatformKey, Connection>>,
}

/// Whether a cluster can be used.
#[derive(Clone)]
pub(super) enum ConnectionState {
    /// Not every watch has listed its objects yet.
    Connecting,
    /// The cluster cannot be used, for this reason; it is still probed at every interval.
    Failed(Health),
    Ready(TargetCluster),
}

struct Connection {
    access: ClusterAccess,
    state: watch::Receiver<ConnectionState>,
    /// The task ends when this is dropped.
    _task: JoinSet<()>,
}

impl RemoteClusters {
    /// No connections yet. Writes to the clusters pass through the fence; `sender` takes the platforms to reconcile.
    pub fn new(fence: Fence, sender: Sender) -> Self {
        Self {
            fence,
            sender,
            connections: Mutex::default(),
        }
    }

    /// The connection to the cluster of a platform. Without `access`, returns only an existing connection; `None` if
    /// there is none.
    pub(super) fn state(
        &self,
        platform: &ObjectRef<Platform>,
        config: &SdkConfig,
        region: &str,
        access: Option<&ClusterAccess>,
    ) -> Option<ConnectionState> {
        let mut connections = self.lock();
        let key = PlatformKey::of_reference(platform);
        if let Some(access) = access
            && connections
                .get(&key)
                .is_none_or(|connection| connection.access != *access)
        {
            let (sender, state) = watch::channel(ConnectionState::Connecting);
            let supervisor = Supervisor {
                platform: platform.clone(),
                config: config.clone(),
                region: region.to_owned(),
                access: access.clone(),
                fence: self.fence.clone(),
                triggers: self.sender.clone(),
                state: sender,
            };
            let mut tasks = JoinSet::new();
            tasks.spawn(supervisor.run());
            let connection = Connection {
                access: access.clone(),
                state,
                _task: tasks,
            };
            connections.insert(key.clone(), connection);
        }
        connections
            .get(&key)
            .map(|connection| connection.state.borrow().clone())
    }

    /// Closes the connection to the cluster of a platform.
    pub fn forget(&self, platform: &PlatformKey) {
        self.lock().remove(platform);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PlatformKey, Connection>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Connects to one cluster and keeps probing it.
struct Supervisor {
    platform: ObjectRef<Platform>,
    config: SdkConfig,
    region: String,
    access: ClusterAccess,
    fence: Fence,
    triggers: Sender,
    state: watch::Sender<ConnectionState>,
}

/// Why a cluster cannot be used.
#[derive(Debug, thiserror::Error)]
enum ConnectionError {
    #[error(transparent)]
    Token(#[from] RenewError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(
        "EKS cluster {cluster} at {endpoint} does not take the operator's token: give its role at AWS an access entry with \
         the policy AmazonEKSClusterAdminPolicy"
    )]
    Unauthorized { cluster: String, endpoint: String },
    #[error("EKS cluster {cluster} does not answer at {endpoint}")]
    Unreachable {
        cluster: String,
        endpoint: String,
        #[source]
        source: kube::Error,
    },
    #[error("EKS cluster {cluster} does not answer at {endpoint} within {PROBE_TIMEOUT:?}")]
    Timeout { cluster: String, endpoint: String },
}

impl ConnectionError {
    /// The effect on the platform's health: an unreachable cluster may recover by itself, the other errors need a
    /// person.
    fn health(&self) -> Health {
        let message = chain(self);
        match self {
            Self::Unreachable { .. } | Self::Timeout { .. } => Health::Waiting(message),
            Self::Token(_) | Self::Client(_) | Self::Unauthorized { .. } => Health::Failed(message),
        }
    }
}

impl Supervisor {
    /// Connects to the cluster, watches it and probes it, for ever.
    async fn run(self) {
        let tokens = Tokens::default();
        let mut times = tokio::time::interval(PROBE_INTERVAL);
        let mut connected: Option<(Client, TargetCluster, JoinSet<()>)> = None;
        loop {
            times.tick().await;
            let probed = self
                .probe(&tokens, connected.as_ref().map(|(client, ..)| client))
                .await;
            let client = match probed {
                Ok(client) => client,
                Err(error) => {
                    self.set_state(ConnectionState::Failed(error.health()));
                    continue;
                }
            };
            let (_, cluster, _) = connected.get_or_insert_with(|| {
                tracing::info!(platform = %self.platform, cluster = self.access.name, "connected to an EKS cluster");
                let (cluster, watches) = self.watch(&client);
                (client, cluster, watches)
            });
            // Waits no longer than until the next probe.
            let _ = timeout(PROBE_INTERVAL, cluster.copies.synced()).await;
            self.set_state(if cluster.copies.are_synced() {
                ConnectionState::Ready(cluster.clone())
            } else {
                ConnectionState::Failed(Health::Waiting(format!(
                    "not all of EKS cluster {} could be read yet: the operator's log says which kind, and why",
                    self.access.name
                )))
            });
        }
    }

    fn watch(&self, client: &Client) -> (TargetCluster, JoinSet<()>) {
        let writes = std::sync::Arc::default();
        let (copies, watches) = caches::start_remote(
            client.clone(),
            std::sync::Arc::clone(&writes),
            self.platform.clone(),
            self.triggers.clone(),
        );
        let cluster = TargetCluster {
            client: client.clone(),
            copies,
            writes,
        };
        (cluster, watches)
    }

    /// A client that the cluster accepts: `client` if there is one, otherwise a new one.
    async fn probe(&self, tokens: &Tokens, client: Option<&Client>) -> Result<Client, ConnectionError> {
        let (cluster, endpoint) = (&self.access.name, &self.access.endpoint);
        tokens.renew(&self.config, &self.region, cluster).await?;
        let client = match client {
            Some(client) => client.clone(),
            None => client::connect(&self.access, tokens, &self.fence).await?,
        };
        // Unlike /version, this needs a valid token.
        let request = client.list_core_api_versions();
        match timeout(PROBE_TIMEOUT, request).await {
            Ok(Ok(_)) => Ok(client),
            Ok(Err(kube::Error::Api(status))) if matches!(status.code, 401 | 403) => {
                Err(ConnectionError::Unauthorized {
                    cluster: cluster.clone(),
                    endpoint: endpoint.clone(),
                })
            }
            Ok(Err(source)) => Err(ConnectionError::Unreachable {
                cluster: cluster.clone(),
                endpoint: endpoint.clone(),
                source,
            }),
            Err(_) => Err(ConnectionError::Timeout {
                cluster: cluster.clone(),
                endpoint: endpoint.clone(),
            }),
        }
    }

    /// Sets the state, and queues the platform if it changed.
    fn set_state(&self, state: ConnectionState) {
        let changed = match (&*self.state.borrow(), &state) {
            (ConnectionState::Ready(_), ConnectionState::Ready(_)) => false,
            (ConnectionState::Failed(before), ConnectionState::Failed(now)) => before != now,
            _ => true,
        };
        if !changed {
            return;
        }
        if let ConnectionState::Failed(health) = &state {
            let why = health.message();
            tracing::warn!(platform = %self.platform, why, "the platform's cluster cannot be worked in");
        }
        self.state.send_replace(state);
        // The receiver is gone only when the operator stops.
        let _ = self.triggers.send(self.platform.clone());
    }
}
