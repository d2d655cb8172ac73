//! A signal with which one task wakes others.

use super::lock;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};

/// Wakes all waiting tasks; if none is waiting, one wake-up is remembered.
#[derive(Clone, Default)]
pub struct Signal(Arc<Mutex<SignalState>>);

#[derive(Default)]
struct SignalState {
    raised: bool,
    waiting: Vec<Waker>,
}

impl Signal {
    /// Wakes all waiting tasks.
    pub fn raise(&self) {
        let waiting = {
            let mut state = lock(&self.0);
            state.raised = true;
            std::mem::take(&mut state.waiting)
        };
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Waits for the next wake-up.
    pub fn wait(&self) -> impl Future<Output = ()> + Send + use<> {
        let signal = self.clone();
        std::future::poll_fn(move |context| {
            let mut state = lock(&signal.0);
            if std::mem::take(&mut state.raised) {
                return Poll::Ready(());
            }
            if !state.waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                state.waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
    }
}
