//! Leader election: one operator at a time holds the Lease, and only its fence lets writes through.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta},
};
use kube::{Api, Client, api::PostParams};
use tokio_util::sync::CancellationToken;

use crate::controller::fence::{Fence, WRITE_WINDOW};

/// The Lease of the operator.
pub const NAME: &str = "fdp-operator";
/// How long a Lease is valid without being renewed.
pub const LEASE_DURATION: Duration = Duration::from_secs(15);
/// How often the leader renews it.
const RENEW_INTERVAL: Duration = Duration::from_secs(4);
/// How often the others try to acquire it.
const RETRY_INTERVAL: Duration = Duration::from_secs(2);
/// How long an attempt to acquire or renew it may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(3);

/// A candidate for the Lease.
pub struct Candidate {
    leases: Api<Lease>,
    name: String,
    identity: String,
    fence: Fence,
    /// The Lease when it last changed, and when this process observed that. Measured by its own clock, because the
    /// clocks of others may be wrong.
    observed: Option<(Lease, Instant)>,
}

/// Why this process does not hold the Lease.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    #[error("read Lease {name}")]
    Read { name: String, source: kube::Error },
    #[error("write Lease {name}")]
    Write { name: String, source: kube::Error },
    #[error("Lease {name}: no answer within {CALL_TIMEOUT:?}")]
    Timeout { name: String },
    #[error("Lease {name} is held by {holder}")]
    Held { name: String, holder: String },
}

impl Candidate {
    /// A candidate for the Lease `name`. The `identity` must be unique, and `client` must not be behind the fence.
    pub fn new(client: Client, namespace: &str, name: &str, identity: String, fence: Fence) -> Self {
        Self {
            leases: Api::namespaced(client, namespace),
            name: name.to_owned(),
            identity,
            fence,
            observed: None,
        }
    }

    /// Waits until this process is the leader; returns `false` if it has to stop before.
    pub async fn acquire(&mut self, stop: &CancellationToken) -> bool {
        let mut last_reason = String::new();
        loop {
            let requested = Instant::now();
            match self.try_acquire().await {
                Ok(()) => {
                    self.fence.extend(requested);
                    tracing::info!(lease = self.name, identity = self.identity, "leading");
                    return true;
                }
                Err(error) => {
                    let text = error.to_string();
                    if text != last_reason {
                        tracing::info!(lease = self.name, reason = text, "waiting to lead");
                        last_reason = text;
                    }
                }
            }
            tokio::select! {
                () = stop.cancelled() => return false,
                () = tokio::time::sleep(RETRY_INTERVAL.mul_f64(rand::random_range(0.8..1.2))) => {}
            }
        }
    }

    /// Renews the Lease until it is lost, or until all work is `finished`: then releases it, so that another operator
    /// can acquire it at once.
    ///
    /// Returns `true` if the Lease was lost. The fence closes as soon as the Lease may be lost.
    pub async fn keep(mut self, finished: &CancellationToken) -> bool {
        let mut renewed = Instant::now();
        loop {
            tokio::select! {
                // Release only after running work has finished under the Lease.
                () = finished.cancelled() => {
                    self.fence.close();
                    self.release().await;
                    return false;
                }
                () = tokio::time::sleep(RENEW_INTERVAL) => {}
            }
            let requested = Instant::now();
            match self.try_acquire().await {
                Ok(()) => {
                    renewed = requested;
                    self.fence.extend(requested);
                }
                Err(error @ LeaseError::Held { .. }) => {
                    self.fence.close();
                    tracing::error!(%error, "lost the lead");
                    return true;
                }
                Err(error) if renewed.elapsed() > WRITE_WINDOW => {
                    self.fence.close();
                    tracing::error!(%error, "could not renew in time, so somebody else may lead");
                    return true;
                }
                Err(error) => tracing::warn!(%error, "could not renew, trying again"),
            }
        }
    }

    async fn try_acquire(&mut self) -> Result<(), LeaseError> {
        let name = self.name.clone();
        let result = tokio::time::timeout(CALL_TIMEOUT, self.create_or_update()).await;
        result.unwrap_or(Err(LeaseError::Timeout { name }))
    }

    async fn create_or_update(&mut self) -> Result<(), LeaseError> {
        let read = |source| LeaseError::Read {
            name: self.name.clone(),
            source,
        };
        let there = self.leases.get_opt(&self.name).await.map_err(read)?;
        let write = |source| LeaseError::Write {
            name: self.name.clone(),
            source,
        };
        let Some(lease) = there else {
            let new = Lease {
                metadata: ObjectMeta {
                    name: Some(self.name.clone()),
                    ..Default::default()
                },
                spec: Some(self.held_by_us(None)),
            };
            // Fails if another operator created it first.
            let created = self
                .leases
                .create(&PostParams::default(), &new)
                .await
                .map_err(write)?;
            self.observed = Some((created, Instant::now()));
            return Ok(());
        };
        let holder = lease
            .spec
            .as_ref()
            .and_then(|spec| spec.holder_identity.clone())
            .filter(|holder| !holder.is_empty());
        if let Some(holder) = holder.filter(|holder| *holder != self.identity)
            && !self.has_expired(&lease)
        {
            return Err(LeaseError::Held {
                name: self.name.clone(),
                holder,
            });
        }
        // The resource version makes this fail if another operator updated it first.
        let ours = Lease {
            spec: Some(self.held_by_us(lease.spec)),
            metadata: lease.metadata,
        };
        let updated = self
            .leases
            .replace(&self.name, &PostParams::default(), &ours)
            .await;
        let updated = updated.map_err(|source| LeaseError::Write {
            name: self.name.clone(),
            source,
        })?;
        self.observed = Some((updated, Instant::now()));
        Ok(())
    }

    /// Whether the Lease was not renewed for its whole duration, measured by our own clock.
    fn has_expired(&mut self, lease: &Lease) -> bool {
        match &self.observed {
            Some((before, since)) if before.metadata.resource_version == lease.metadata.resource_version => {
                let seconds = lease.spec.as_ref().and_then(|spec| spec.lease_duration_seconds);
                let duration = seconds
                    .and_then(|seconds| u64::try_from(seconds).ok())
                    .map_or(LEASE_DURATION, Duration::from_secs);
                since.elapsed() > duration
            }
            _ => {
                self.observed = Some((lease.clone(), Instant::now()));
                false
            }
        }
    }

    /// The Lease's spec with this process as the holder.
    fn held_by_us(&self, before: Option<LeaseSpec>) -> LeaseSpec {
        let before = before.unwrap_or_default();
        let now = MicroTime(Timestamp::now());
        let ours_already = before.holder_identity.as_deref() == Some(&self.identity);
        LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: i32::try_from(LEASE_DURATION.as_secs()).ok(),
            acquire_time: before.acquire_time.filter(|_| ours_already).or(Some(now.clone())),
            renew_time: Some(now),
            lease_transitions: Some(before.lease_transitions.unwrap_or(0) + i32::from(!ours_already)),
            ..before
        }
    }

    /// Releases the Lease, so that another operator need not wait until it expires.
    async fn release(&mut self) {
        let Some((mut lease, _)) = self.observed.take() else {
            return;
        };
        if let Some(spec) = lease.spec.as_mut() {
            spec.holder_identity = None;
            spec.lease_duration_seconds = Some(1);
        }
        let parameters = PostParams::default();
        let release = self.leases.replace(&self.name, &parameters, &lease);
        match tokio::time::timeout(CALL_TIMEOUT, release).await {
            Ok(Ok(_)) => tracing::info!(lease = self.name, "gave the lead back"),
            // The others wait until it expires.
            Ok(Err(error)) => tracing::warn!(%error, lease = self.name, "could not give the lead back"),
            Err(_) => tracing::warn!(lease = self.name, "could not give the lead back in time"),
        }
    }
}
