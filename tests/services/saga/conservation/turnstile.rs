//! Limits the number of tries and counts finished ones, so that faults are timed by the number of tries instead of a
//! clock.

use anyhow::{Result, ensure};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Longer than any single try, which takes less than two minutes, see [`super::buyers`].
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
    /// Waits for permission to start a try; false when the turnstile is closed. After true, [`Self::leave`] must be
    /// called.
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

    /// Ends a try.
    pub(crate) fn leave(&self) {
        let mut state = self.lock();
        state.inside -= 1;
        state.passed += 1;
        drop(state);
        self.changed.notify_all();
    }

    /// Allows `count` more tries.
    pub(crate) fn let_in(&self, count: u64) {
        self.lock().waiting += count;
        self.changed.notify_all();
    }

    /// Allows no further tries.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    /// Waits until `count` more tries have ended.
    pub(crate) fn wait_passed(&self, count: u64) -> Result<()> {
        let target = self.lock().passed + count;
        self.wait(|state| state.passed >= target || state.waiting + state.inside == 0)
    }

    /// Waits until at most `most` allowed tries have not ended.
    pub(crate) fn wait_left(&self, most: u64) -> Result<()> {
        self.wait(|state| state.waiting + state.inside <= most)
    }

    /// Waits until all allowed tries have ended.
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
