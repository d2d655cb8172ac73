//! Sees to it that one operator at a time writes: a Lease that the leader renews, and a fence around its client that
//! lets no write through once the Lease may have gone to somebody else.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use futures::future::{Either, Ready, ready};
use http::{Method, Request};
use jiff::Timestamp;
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta},
};
use kube::{Api, Client, api::PostParams, client::Body};
use tokio_util::sync::CancellationToken;
use tower::{BoxError, Layer, Service};

/// How long a Lease is good for without being renewed.
pub const LEASE: Duration = Duration::from_secs(15);
/// How often it is renewed.
const RENEW: Duration = Duration::from_secs(4);
/// How often somebody who waits looks whether it has become free.
const LOOK: Duration = Duration::from_secs(2);
/// For how long one may write after asking for it: less, because a write that was just sent takes a while to arrive.
const WRITES: Duration = Duration::from_secs(12);
/// How long one answer about the Lease may take.
const ANSWER: Duration = Duration::from_secs(3);

/// Until when this process may write.
#[derive(Clone, Debug)]
pub struct Fence(Arc<Mutex<Permission>>);

#[derive(Clone, Copy, Debug)]
enum Permission {
    /// There is nobody else.
    Always,
    Until(Instant),
    Never,
}

/// A write was held back, because somebody else may be the leader.
#[derive(Debug, thiserror::Error)]
#[error("not the leader any more, so nothing is written")]
pub struct Fenced;

impl Fence {
    /// A fence that is open, for somebody who is alone.
    pub fn open() -> Self {
        Self(Arc::new(Mutex::new(Permission::Always)))
    }

    /// A fence that is closed until somebody leads.
    pub fn closed() -> Self {
        Self(Arc::new(Mutex::new(Permission::Never)))
    }

    /// Whether a write may go out now.
    pub fn lets_through(&self) -> bool {
        match *self.lock() {
            Permission::Always => true,
            Permission::Never => false,
            Permission::Until(end) => Instant::now() < end,
        }
    }

    /// Lets writes through as long as a Lease asked for at `asked` is surely ours.
    fn extend(&self, asked: Instant) {
        *self.lock() = Permission::Until(asked + WRITES);
    }

    /// Lets nothing through any more.
    pub fn close(&self) {
        *self.lock() = Permission::Never;
    }

    fn lock(&self) -> MutexGuard<'_, Permission> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> Layer<S> for Fence {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Guarded {
            inner,
            fence: self.clone(),
        }
    }
}

/// A service behind a [`Fence`]: reads always pass.
#[derive(Clone, Debug)]
pub struct Guarded<S> {
    inner: S,
    fence: Fence,
}

impl<S, Answer> Service<Request<Body>> for Guarded<S>
where
    S: Service<Request<Body>, Response = Answer>,
    S::Error: Into<BoxError>,
{
    type Response = Answer;
    type Error = BoxError;
    type Future =
        Either<Ready<Result<Answer, BoxError>>, futures::future::MapErr<S::Future, fn(S::Error) -> BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if request.method() != Method::GET && !self.fence.lets_through() {
            return Either::Left(ready(Err(Fenced.into())));
        }
        let into: fn(S::Error) -> BoxError = Into::into;
        Either::Right(futures::TryFutureExt::map_err(self.inner.call(request), into))
    }
}

/// A candidate for the Lease.
pub struct Candidate {
    leases: Api<Lease>,
    name: String,
    identity: String,
    fence: Fence,
    /// What the Lease was when it last changed, and when we saw that: by our own clock, since others' may be wrong.
    seen: Option<(Lease, Instant)>,
}

/// Why the Lease is not ours.
#[derive(Debug, thiserror::Error)]
pub enum LeaseError {
    #[error("read Lease {name}")]
    Read { name: String, source: kube::Error },
    #[error("write Lease {name}")]
    Write { name: String, source: kube::Error },
    #[error("Lease {name}: no answer within {ANSWER:?}")]
    Silence { name: String },
    #[error("Lease {name} is held by {holder}")]
    Held { name: String, holder: String },
}

impl Candidate {
    /// A candidate for the Lease `name`, under a name of its own. `client` must not be behind the fence.
    pub fn new(client: Client, namespace: &str, name: &str, identity: String, fence: Fence) -> Self {
        Self {
            leases: Api::namespaced(client, namespace),
            name: name.to_owned(),
            identity,
            fence,
            seen: None,
        }
    }

    /// Waits until this process leads; `false` if it was told to stop before.
    pub async fn acquire(&mut self, stop: &CancellationToken) -> bool {
        let mut said = String::new();
        loop {
            let asked = Instant::now();
            match self.try_acquire().await {
                Ok(()) => {
                    self.fence.extend(asked);
                    tracing::info!(lease = self.name, identity = self.identity, "leading");
                    return true;
                }
                Err(error) => {
                    let text = error.to_string();
                    if text != said {
                        tracing::info!(lease = self.name, reason = text, "waiting to lead");
                        said = text;
                    }
                }
            }
            tokio::select! {
                () = stop.cancelled() => return false,
                () = tokio::time::sleep(LOOK.mul_f64(rand::random_range(0.8..1.2))) => {}
            }
        }
    }

    /// Renews the Lease until it is lost, or until all work is `finished`, when it is given back so that another one can
    /// take it at once.
    ///
    /// Gives `true` if it was lost. From the moment on when it may have been, the fence is closed.
    pub async fn keep(mut self, finished: &CancellationToken) -> bool {
        let mut renewed = Instant::now();
        loop {
            tokio::select! {
                // What has begun is finished under the Lease; only then is it given back.
                () = finished.cancelled() => {
                    self.fence.close();
                    self.release().await;
                    return false;
                }
                () = tokio::time::sleep(RENEW) => {}
            }
            let asked = Instant::now();
            match self.try_acquire().await {
                Ok(()) => {
                    renewed = asked;
                    self.fence.extend(asked);
                }
                Err(error @ LeaseError::Held { .. }) => {
                    self.fence.close();
                    tracing::error!(%error, "lost the lead");
                    return true;
                }
                Err(error) if renewed.elapsed() > WRITES => {
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
        let answer = tokio::time::timeout(ANSWER, self.take()).await;
        answer.unwrap_or(Err(LeaseError::Silence { name }))
    }

    async fn take(&mut self) -> Result<(), LeaseError> {
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
                spec: Some(self.claim(None)),
            };
            // Fails if somebody else was quicker.
            let made = self
                .leases
                .create(&PostParams::default(), &new)
                .await
                .map_err(write)?;
            self.seen = Some((made, Instant::now()));
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
        // The resource version makes this fail if somebody else was quicker.
        let ours = Lease {
            spec: Some(self.claim(lease.spec)),
            metadata: lease.metadata,
        };
        let taken = self
            .leases
            .replace(&self.name, &PostParams::default(), &ours)
            .await;
        let taken = taken.map_err(|source| LeaseError::Write {
            name: self.name.clone(),
            source,
        })?;
        self.seen = Some((taken, Instant::now()));
        Ok(())
    }

    /// Whether nobody has renewed the Lease for as long as it is good for, watched by our own clock.
    fn has_expired(&mut self, lease: &Lease) -> bool {
        match &self.seen {
            Some((before, since)) if before.metadata.resource_version == lease.metadata.resource_version => {
                let seconds = lease.spec.as_ref().and_then(|spec| spec.lease_duration_seconds);
                let duration = seconds
                    .and_then(|seconds| u64::try_from(seconds).ok())
                    .map_or(LEASE, Duration::from_secs);
                since.elapsed() > duration
            }
            _ => {
                self.seen = Some((lease.clone(), Instant::now()));
                false
            }
        }
    }

    /// The Lease as ours.
    fn claim(&self, before: Option<LeaseSpec>) -> LeaseSpec {
        let before = before.unwrap_or_default();
        let now = MicroTime(Timestamp::now());
        let ours_already = before.holder_identity.as_deref() == Some(&self.identity);
        LeaseSpec {
            holder_identity: Some(self.identity.clone()),
            lease_duration_seconds: i32::try_from(LEASE.as_secs()).ok(),
            acquire_time: before.acquire_time.filter(|_| ours_already).or(Some(now.clone())),
            renew_time: Some(now),
            lease_transitions: Some(before.lease_transitions.unwrap_or(0) + i32::from(!ours_already)),
            ..before
        }
    }

    /// Gives the Lease back, so that another one need not wait until it ends.
    async fn release(&mut self) {
        let Some((mut lease, _)) = self.seen.take() else {
            return;
        };
        if let Some(spec) = lease.spec.as_mut() {
            spec.holder_identity = None;
            spec.lease_duration_seconds = Some(1);
        }
        let parameters = PostParams::default();
        let given_back = self.leases.replace(&self.name, &parameters, &lease);
        match tokio::time::timeout(ANSWER, given_back).await {
            Ok(Ok(_)) => tracing::info!(lease = self.name, "gave the lead back"),
            // Others wait until it ends.
            Ok(Err(error)) => tracing::warn!(%error, lease = self.name, "could not give the lead back"),
            Err(_) => tracing::warn!(lease = self.name, "could not give the lead back in time"),
        }
    }
}
