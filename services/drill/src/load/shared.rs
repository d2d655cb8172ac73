//! What all users of a load share: the gateway, the clock, the record of what was measured, and the signal to stop.

use crate::client::Server;
use crate::measure::{Accepted, Answers, Outcome, Record, Sent};
use fdp_drill::Mix;
use std::cell::{Cell, Ref, RefCell};
use std::rc::Rc;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// Who orders, and how they behave.
#[derive(Debug)]
pub(crate) struct People {
    /// What their ids start with.
    pub(crate) customers: String,
    pub(crate) mix: Mix,
    /// Whether they come back at once when they are told to come back later.
    pub(crate) ignore_retry_after: bool,
    /// How many of a hundred requests come on a connection of their own.
    pub(crate) new_connection_percent: u32,
    pub(crate) seed: u64,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) gateway: Rc<Server>,
    pub(crate) people: People,
    started: Instant,
    ends: Duration,
    record: RefCell<Record>,
    answers: Cell<Answers>,
    stop: CancellationToken,
}

impl Shared {
    pub(crate) fn new(
        gateway: Rc<Server>,
        people: People,
        started: Instant,
        record: Record,
        stop: CancellationToken,
    ) -> Self {
        Self {
            gateway,
            people,
            started,
            ends: record.timeline().ends(),
            record: RefCell::new(record),
            answers: Cell::default(),
            stop,
        }
    }

    /// The time since the start.
    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// When the last stage ends.
    pub(crate) fn ends(&self) -> Duration {
        self.ends
    }

    pub(crate) fn record(&self) -> Ref<'_, Record> {
        self.record.borrow()
    }

    /// The orders that were accepted, when the load is over.
    pub(crate) fn take_accepted(&self) -> Accepted {
        std::mem::take(self.record.borrow_mut().accepted_mut())
    }

    /// The answers to all requests so far, whatever they asked for.
    pub(crate) fn answers(&self) -> Answers {
        self.answers.get()
    }

    pub(super) fn answered(&self, status: u16) {
        let mut answers = self.answers.get();
        answers.add(status, 1);
        self.answers.set(answers);
    }

    pub(super) fn stop(&self) -> &CancellationToken {
        &self.stop
    }

    /// Waits until that moment, counted from the start.
    pub(super) async fn sleep_until(&self, moment: Duration) {
        sleep_until(self.started + moment).await;
    }

    pub(super) fn order_sent(&self, at: Duration, trace: u128) -> Sent {
        self.record.borrow_mut().order_sent(at, trace)
    }

    /// Counts the answer. If the platform wants people to sign in, nothing else will come of the load, and it stops.
    pub(super) fn order_answered(&self, sent: &Sent, outcome: &Outcome) {
        let mut record = self.record.borrow_mut();
        record.order_answered(sent, self.now(), outcome);
        if record.wants_sign_in() {
            self.stop.cancel();
        }
    }

    pub(super) fn cancelled(&self, order: fdp_contracts::OrderId) {
        self.record.borrow_mut().accepted_mut().cancelled(order);
    }

    /// A request that is no order failed; it was sent at that moment.
    pub(super) fn other_failed(&self, sent: Duration) {
        self.record.borrow_mut().other_failed(sent);
    }
}
