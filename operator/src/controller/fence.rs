//! A layer around the leader's client that refuses writes once another operator may hold the Lease.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    time::{Duration, Instant},
};

use futures::future::{Either, Ready, ready};
use http::{Method, Request};
use kube::client::Body;
use tower::{BoxError, Layer, Service};

/// How long writes are allowed after a request for the Lease. Shorter than the Lease, because a write needs some time
/// to arrive.
pub(super) const WRITE_WINDOW: Duration = Duration::from_secs(12);

/// How long this process may write.
#[derive(Clone, Debug)]
pub struct Fence(Arc<Mutex<Permission>>);

#[derive(Clone, Copy, Debug)]
enum Permission {
    /// There is no other operator.
    Always,
    Until(Instant),
    Never,
}

/// A write was refused, because another operator may be the leader.
#[derive(Debug, thiserror::Error)]
#[error("not the leader any more, so nothing is written")]
pub struct Fenced;

impl Fence {
    /// A fence that is always open, for a single operator.
    pub fn open() -> Self {
        Self(Arc::new(Mutex::new(Permission::Always)))
    }

    /// A fence that is closed until this process leads.
    pub fn closed() -> Self {
        Self(Arc::new(Mutex::new(Permission::Never)))
    }

    /// Whether a write is allowed now.
    pub fn allows_writes(&self) -> bool {
        match *self.lock() {
            Permission::Always => true,
            Permission::Never => false,
            Permission::Until(end) => Instant::now() < end,
        }
    }

    /// Allows writes while this process certainly holds the Lease that it requested at `requested`.
    pub(super) fn extend(&self, requested: Instant) {
        *self.lock() = Permission::Until(requested + WRITE_WINDOW);
    }

    /// Refuses all further writes.
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

/// A service behind a [`Fence`], which never stops reads.
#[derive(Clone, Debug)]
pub struct Guarded<S> {
    inner: S,
    fence: Fence,
}

impl<S, R> Service<Request<Body>> for Guarded<S>
where
    S: Service<Request<Body>, Response = R>,
    S::Error: Into<BoxError>,
{
    type Response = R;
    type Error = BoxError;
    type Future =
        Either<Ready<Result<R, BoxError>>, futures::future::MapErr<S::Future, fn(S::Error) -> BoxError>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(context).map_err(Into::into)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if request.method() != Method::GET && !self.fence.allows_writes() {
            return Either::Left(ready(Err(Fenced.into())));
        }
        let into: fn(S::Error) -> BoxError = Into::into;
        Either::Right(futures::TryFutureExt::map_err(self.inner.call(request), into))
    }
}
