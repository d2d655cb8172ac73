//! The clusters at AWS in which platforms have their objects: connected to, watched, and looked after as long as needed.

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
        caches::{self, Platform, PlatformKey, Sender, key_of},
        leadership::Fence,
        target::{
            TargetCluster,
            connect::{self, ConnectError},
            tokens::{RenewError, Tokens},
        },
    },
    model::{cloud::ClusterAccess, health::Health},
};

/// How often a cluster is asked whether it answers.
const PROBE: Duration = Duration::from_secs(20);
/// How long its answer may take.
const ANSWER: Duration = Duration::from_secs(10);

/// The clusters, by the platform that each was made for.
pub struct Remotes {
    fence: Fence,
    sender: Sender,
    known: Mutex<HashMap<PlatformKey, Remote>>,
}

/// Whether a cluster can be worked in.
#[derive(Clone)]
pub(super) enum Reach {
    /// Not all of it was seen yet.
    Connecting,
    /// It cannot, for this reason; it is tried again and again.
    Troubled(Health),
    Ready(TargetCluster),
}

struct Remote {
    access: ClusterAccess,
    reach: watch::Receiver<Reach>,
    /// Ends when it is dropped.
    _attendance: JoinSet<()>,
}

impl Remotes {
    /// None yet. Writes to them pass the fence; the platforms that have to be looked at are sent.
    pub fn new(fence: Fence, sender: Sender) -> Self {
        Self {
            fence,
            sender,
            known: Mutex::default(),
        }
    }

    /// The cluster of a platform. Without knowledge of it, one that is known from before; `None` if there is none.
    pub(super) fn reach(
        &self,
        platform: &ObjectRef<Platform>,
        config: &SdkConfig,
        region: &str,
        access: Option<&ClusterAccess>,
    ) -> Option<Reach> {
        let mut known = self.lock();
        let key = key_of(platform);
        if let Some(access) = access
            && known.get(&key).is_none_or(|remote| remote.access != *access)
        {
            let (sender, reach) = watch::channel(Reach::Connecting);
            let attendance = Attendance {
                platform: platform.clone(),
                config: config.clone(),
                region: region.to_owned(),
                access: access.clone(),
                fence: self.fence.clone(),
                touched: self.sender.clone(),
                reach: sender,
            };
            let mut tasks = JoinSet::new();
            tasks.spawn(attendance.attend());
            let remote = Remote {
                access: access.clone(),
                reach,
                _attendance: tasks,
            };
            known.insert(key.clone(), remote);
        }
        known.get(&key).map(|remote| remote.reach.borrow().clone())
    }

    /// Lets go of the cluster of a platform.
    pub fn forget(&self, platform: &PlatformKey) {
        self.lock().remove(platform);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PlatformKey, Remote>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What it takes to look after one cluster.
struct Attendance {
    platform: ObjectRef<Platform>,
    config: SdkConfig,
    region: String,
    access: ClusterAccess,
    fence: Fence,
    touched: Sender,
    reach: watch::Sender<Reach>,
}

/// Why a cluster cannot be worked in.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error(transparent)]
    Token(#[from] RenewError),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(
        "EKS cluster {cluster} at {endpoint} does not take the operator's token: give its role at AWS an access entry with \
         the policy AmazonEKSClusterAdminPolicy"
    )]
    Unauthorized { cluster: String, endpoint: String },
    #[error("EKS cluster {cluster} does not answer at {endpoint}")]
    Silent {
        cluster: String,
        endpoint: String,
        #[source]
        source: kube::Error,
    },
    #[error("EKS cluster {cluster} does not answer at {endpoint} within {ANSWER:?}")]
    Slow { cluster: String, endpoint: String },
}

impl Trouble {
    /// What it means for the platform: a silent cluster may come back by itself, the rest waits for somebody.
    fn health(&self) -> Health {
        let message = chain(self);
        match self {
            Self::Silent { .. } | Self::Slow { .. } => Health::Waiting(message),
            Self::Token(_) | Self::Connect(_) | Self::Unauthorized { .. } => Health::Failed(message),
        }
    }
}

impl Attendance {
    /// Connects, watches, and asks now and then whether the cluster still answers; for ever.
    async fn attend(self) {
        let tokens = Tokens::default();
        let mut times = tokio::time::interval(PROBE);
        let mut connected: Option<(Client, TargetCluster, JoinSet<()>)> = None;
        loop {
            times.tick().await;
            let answer = self
                .probe(&tokens, connected.as_ref().map(|(client, ..)| client))
                .await;
            let client = match answer {
                Ok(client) => client,
                Err(trouble) => {
                    self.tell(Reach::Troubled(trouble.health()));
                    continue;
                }
            };
            let (_, cluster, _) = connected.get_or_insert_with(|| {
                tracing::info!(platform = %self.platform, cluster = self.access.name, "connected to an EKS cluster");
                let (cluster, watches) = self.watch(&client);
                (client, cluster, watches)
            });
            // No longer than until the next probe.
            let _ = timeout(PROBE, cluster.copies.synced()).await;
            self.tell(if cluster.copies.are_synced() {
                Reach::Ready(cluster.clone())
            } else {
                Reach::Troubled(Health::Waiting(format!(
                    "not all of EKS cluster {} could be read yet: the operator's log says which kind, and why",
                    self.access.name
                )))
            });
        }
    }

    fn watch(&self, client: &Client) -> (TargetCluster, JoinSet<()>) {
        let writes = std::sync::Arc::default();
        let (copies, watches) = caches::start_elsewhere(
            client.clone(),
            std::sync::Arc::clone(&writes),
            self.platform.clone(),
            self.touched.clone(),
        );
        let cluster = TargetCluster {
            client: client.clone(),
            copies,
            writes,
        };
        (cluster, watches)
    }

    /// A client that the cluster answers; the one at hand, if there is one.
    async fn probe(&self, tokens: &Tokens, client: Option<&Client>) -> Result<Client, Trouble> {
        let (cluster, endpoint) = (&self.access.name, &self.access.endpoint);
        tokens.renew(&self.config, &self.region, cluster).await?;
        let client = match client {
            Some(client) => client.clone(),
            None => connect::client(&self.access, tokens, &self.fence).await?,
        };
        // Unlike /version, this is answered to nobody whose token is not taken.
        let question = client.list_core_api_versions();
        match timeout(ANSWER, question).await {
            Ok(Ok(_)) => Ok(client),
            Ok(Err(kube::Error::Api(status))) if matches!(status.code, 401 | 403) => {
                Err(Trouble::Unauthorized {
                    cluster: cluster.clone(),
                    endpoint: endpoint.clone(),
                })
            }
            Ok(Err(source)) => Err(Trouble::Silent {
                cluster: cluster.clone(),
                endpoint: endpoint.clone(),
                source,
            }),
            Err(_) => Err(Trouble::Slow {
                cluster: cluster.clone(),
                endpoint: endpoint.clone(),
            }),
        }
    }

    /// Has the platform looked at if that is news.
    fn tell(&self, reach: Reach) {
        let news = match (&*self.reach.borrow(), &reach) {
            (Reach::Ready(_), Reach::Ready(_)) => false,
            (Reach::Troubled(before), Reach::Troubled(now)) => before != now,
            _ => true,
        };
        if !news {
            return;
        }
        if let Reach::Troubled(trouble) = &reach {
            let why = trouble.message();
            tracing::warn!(platform = %self.platform, why, "the platform's cluster cannot be worked in");
        }
        self.reach.send_replace(reach);
        // Nobody listens any more only when the operator ends.
        let _ = self.touched.send(self.platform.clone());
    }
}
