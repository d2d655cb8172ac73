//! The tasks that run beside a service's server. Reports a task that ends too early.

use std::any::type_name;
use std::collections::HashMap;
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;

/// The tasks that run beside the server until the service is stopped.
pub(crate) struct Background {
    tasks: JoinSet<()>,
    names: HashMap<Id, &'static str>,
    stop: CancellationToken,
}

/// A task that the service depends on no longer runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BackgroundError {
    /// The task panicked, which is a bug.
    #[error("{0} has panicked")]
    Panicked(&'static str),
    /// The task returned too early.
    #[error("{0} has ended before the service was told to stop")]
    Ended(&'static str),
}

impl Background {
    /// An empty set; its tasks have to end soon after `stop` is cancelled, and not before.
    pub(crate) fn until(stop: CancellationToken) -> Self {
        Self {
            tasks: JoinSet::new(),
            names: HashMap::new(),
            stop,
        }
    }

    /// Spawns `task`. Errors show its type name.
    pub(crate) fn spawn<W: Future<Output = ()> + Send + 'static>(&mut self, task: W) {
        let name = type_name::<W>().trim_end_matches("::{{closure}}");
        let id = self.tasks.spawn(task).id();
        self.names.insert(id, name);
    }

    /// Waits until a task panics, or ends before the service was told to stop.
    pub(crate) async fn failure(&mut self) -> BackgroundError {
        loop {
            let (id, panicked) = match self.tasks.join_next_with_id().await {
                Some(Ok((id, ()))) => (id, false),
                Some(Err(error)) => (error.id(), error.is_panic()),
                None => std::future::pending().await,
            };
            let name = self.names.remove(&id).unwrap_or("a background task");
            if panicked {
                return BackgroundError::Panicked(name);
            }
            if !self.stop.is_cancelled() {
                return BackgroundError::Ended(name);
            }
        }
    }

    /// Waits until all tasks have ended.
    pub(crate) async fn finish(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt as _;

    async fn give_up() {
        tokio::task::yield_now().await;
    }

    #[tokio::test]
    async fn a_task_that_panics_is_named() {
        let mut background = Background::until(CancellationToken::new());
        background.spawn(std::future::pending());
        background.spawn(async { panic!("a defect") });
        let BackgroundError::Panicked(name) = background.failure().await else {
            panic!("it has panicked");
        };
        assert!(name.contains("a_task_that_panics_is_named"), "{name}");
    }

    #[tokio::test]
    async fn a_task_that_gives_up_is_named() {
        let mut background = Background::until(CancellationToken::new());
        background.spawn(give_up());
        let BackgroundError::Ended(name) = background.failure().await else {
            panic!("it has ended");
        };
        assert!(name.ends_with("background::tests::give_up"), "{name}");
    }

    #[tokio::test]
    async fn a_task_that_ends_when_it_is_told_to_is_no_failure() {
        let stop = CancellationToken::new();
        let mut background = Background::until(stop.clone());
        background.spawn(stop.clone().cancelled_owned());
        assert_eq!(background.failure().now_or_never(), None);
        stop.cancel();
        tokio::task::yield_now().await;
        assert_eq!(background.failure().now_or_never(), None);
        background.finish().await;
    }
}
