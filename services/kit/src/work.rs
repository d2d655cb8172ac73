//! The work beside a service's server, and the news that some of it has ended too early.

use std::any::type_name;
use std::collections::HashMap;
use tokio::task::{Id, JoinSet};
use tokio_util::sync::CancellationToken;

/// What runs beside the server until the service is told to stop.
pub(crate) struct Work {
    tasks: JoinSet<()>,
    names: HashMap<Id, &'static str>,
    stop: CancellationToken,
}

/// Something that the service cannot do without does not run any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WorkError {
    /// A defect of ours.
    #[error("{0} has panicked")]
    Panicked(&'static str),
    /// It gave up.
    #[error("{0} has ended before the service was told to stop")]
    Ended(&'static str),
}

impl Work {
    /// Nothing yet; all of it is to end soon after `stop` fires, and not before.
    pub(crate) fn until(stop: CancellationToken) -> Self {
        Self {
            tasks: JoinSet::new(),
            names: HashMap::new(),
            stop,
        }
    }

    /// Begins `work`, which goes by the name that it has in the program.
    pub(crate) fn begin<W: Future<Output = ()> + Send + 'static>(&mut self, work: W) {
        let name = type_name::<W>().trim_end_matches("::{{closure}}");
        let id = self.tasks.spawn(work).id();
        self.names.insert(id, name);
    }

    /// Waits until something has panicked, or has ended although nobody told it to.
    pub(crate) async fn failure(&mut self) -> WorkError {
        loop {
            let (id, panicked) = match self.tasks.join_next_with_id().await {
                Some(Ok((id, ()))) => (id, false),
                Some(Err(error)) => (error.id(), error.is_panic()),
                None => std::future::pending().await,
            };
            let name = self.names.remove(&id).unwrap_or("a background task");
            if panicked {
                return WorkError::Panicked(name);
            }
            if !self.stop.is_cancelled() {
                return WorkError::Ended(name);
            }
        }
    }

    /// Waits until all of it has ended.
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
    async fn work_that_panics_is_told_by_its_name() {
        let mut work = Work::until(CancellationToken::new());
        work.begin(std::future::pending());
        work.begin(async { panic!("a defect") });
        let WorkError::Panicked(name) = work.failure().await else {
            panic!("it has panicked");
        };
        assert!(name.contains("work_that_panics_is_told_by_its_name"), "{name}");
    }

    #[tokio::test]
    async fn work_that_gives_up_is_told_by_its_name() {
        let mut work = Work::until(CancellationToken::new());
        work.begin(give_up());
        let WorkError::Ended(name) = work.failure().await else {
            panic!("it has ended");
        };
        assert!(name.ends_with("work::tests::give_up"), "{name}");
    }

    #[tokio::test]
    async fn work_that_ends_when_it_is_told_to_is_no_failure() {
        let stop = CancellationToken::new();
        let mut work = Work::until(stop.clone());
        work.begin(stop.clone().cancelled_owned());
        assert_eq!(work.failure().now_or_never(), None);
        stop.cancel();
        tokio::task::yield_now().await;
        assert_eq!(work.failure().now_or_never(), None);
        work.finish().await;
    }
}
