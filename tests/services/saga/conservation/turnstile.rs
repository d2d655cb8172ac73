//! Lets a bounded number of tries through, and tells how many are over: what breaks is timed by it, not by a clock.

use anyhow::{Result, ensure};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Longer than any single try may take: that is less than two minutes, see [`super::buyers`].
const STUCK: Duration = Duration::from_mins(3);

#[derive(Debug, Default)]
pub(crate) struct Turnstile {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    waiting: u64,
    inside: u64,
    passed: u64,
    closed: bool,
}

impl Turnstile {
    /// Waits to be let in; false when nobody will be any more. [`Self::leave`] must follow on true.
    pub(crate) fn enter(&self) -> bool {
        let mut state = self
            .changed
            .wait_while(self.lock(), |state| state.waiting == 0 && !state.closed)
            .unwrap_or_else(PoisonError::into_inner);
        if state.closed {
            return false;
        }
        state.waiting -= 1;
        state.inside += 1;
        true
    }

    /// A try is over.
    pub(crate) fn leave(&self) {
        let mut state = self.lock();
        state.inside -= 1;
        state.passed += 1;
        drop(state);
        self.changed.notify_all();
    }

    /// Lets `count` more in.
    pub(crate) fn let_in(&self, count: u64) {
        self.lock().waiting += count;
        self.changed.notify_all();
    }

    /// Nobody is let in any more.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Waits until `count` more tries are over.
    pub(crate) fn wait_passed(&self, count: u64) -> Result<()> {
        let target = self.lock().passed + count;
        self.wait(|state| state.passed >= target || state.waiting + state.inside == 0)
    }

    /// Waits until at most `most` of those who were let in are not through.
    pub(crate) fn wait_left(&self, most: u64) -> Result<()> {
        self.wait(|state| state.waiting + state.inside <= most)
    }

    /// Waits until all who were let in are through.
    pub(crate) fn wait_empty(&self) -> Result<()> {
        self.wait_left(0)
    }

    fn wait(&self, condition: impl Fn(&State) -> bool) -> Result<()> {
        let (state, timeout) = self
            .changed
            .wait_timeout_while(self.lock(), STUCK, |state| !condition(state))
            .unwrap_or_else(PoisonError::into_inner);
        ensure!(
            !timeout.timed_out(),
            "customers got stuck: {} inside, {} waiting",
            state.inside,
            state.waiting
        );
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
