//! Approves payments with the delays and failures of the current drill.

use crate::application::{Approval, PayError, Payments};
use crate::domain::Charge;
use crate::drills::settings::{DelayAt, Drill, FailureMode};
use crate::drills::timetable::{Affected, DrillStatus, Timetable};
use fdp_contracts::OrderId;
use fdp_runtime::lock;
use fdp_runtime::trace::{self, TraceContext};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::Instrument as _;

/// Why a payment was not approved while a drill may be running.
#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    /// The use case failed, as it would without a drill.
    #[error(transparent)]
    Pay(#[from] PayError),
    /// The drill made the request fail.
    #[error("a drill is running: this request fails on purpose")]
    Injected,
}

/// The drills of this replica, and the orders whose payments it delays.
#[derive(Debug, Clone, Default)]
pub struct Drills {
    timetable: Arc<Mutex<Timetable>>,
    delayed: Arc<Mutex<HashMap<OrderId, watch::Receiver<()>>>>,
}

impl Drills {
    /// Runs `drill` whenever no other one is set.
    pub fn new(drill: Drill) -> Self {
        if drill.is_on() {
            tracing::warn!(?drill, "a drill: payments are slow or fail on purpose");
        }
        Self {
            timetable: Arc::new(Mutex::new(Timetable::new(drill))),
            ..Self::default()
        }
    }

    /// What is drilled now, and how many payments it has affected.
    pub(super) fn status(&self) -> DrillStatus {
        lock(&self.timetable).status(Instant::now())
    }

    /// Runs `drill` for `time`, instead of the current one.
    pub(super) fn set(&self, drill: Drill, time: Duration) {
        tracing::warn!(
            ?drill,
            ?time,
            "a drill was set: payments are slow or fail on purpose"
        );
        lock(&self.timetable).set(drill, time, Instant::now());
    }

    /// Ends the drill that was set: the replica is back to what it started with.
    pub(super) fn end(&self) {
        lock(&self.timetable).end(Instant::now());
    }

    /// Approves the payment with the delays and failures of the current drill. Under a drill, the approval continues
    /// when the caller hangs up, as it would at a real payment provider.
    ///
    /// # Errors
    /// When the payment cannot be approved, or the drill makes the request fail.
    pub(super) async fn approve(&self, payments: &Payments, charge: Charge) -> Result<Approval, DrillError> {
        let (drill, affected) = lock(&self.timetable).at(Instant::now());
        if !drill.is_on() {
            return Ok(payments.approve(&charge).await?);
        }
        let (drills, payments) = (self.clone(), payments.clone());
        let work = async move {
            drills
                .approve_with_faults(drill, &affected, &payments, &charge)
                .await
        };
        let work = work.in_current_span();
        let context = trace::current_header().as_deref().and_then(TraceContext::parse);
        let task = match context {
            Some(context) => tokio::spawn(trace::within(context, work)),
            None => tokio::spawn(work),
        };
        task.await.unwrap_or(Err(DrillError::Injected))
    }

    async fn approve_with_faults(
        &self,
        drill: Drill,
        affected: &Affected,
        payments: &Payments,
        charge: &Charge,
    ) -> Result<Approval, DrillError> {
        let fails = rand::random_bool(drill.failure_rate);
        if fails && drill.mode == FailureMode::Error {
            affected.count();
            return Err(DrillError::Injected);
        }
        // A payment that exists already is only read, so the drill does not delay it.
        let is_paid = payments
            .find(charge.order_id)
            .await
            .map_err(PayError::from)?
            .is_some();
        let mut counted = false;
        if drill.delay_at == DelayAt::Before && !is_paid {
            counted = self.wait(charge.order_id, drill.delay(), affected).await;
        }
        let approval = payments.approve(charge).await?;
        if drill.delay_at == DelayAt::After && approval.new {
            counted = self.wait(charge.order_id, drill.delay(), affected).await;
        }
        if fails {
            if !counted {
                affected.count();
            }
            return Err(DrillError::Injected);
        }
        Ok(approval)
    }

    /// Waits for `delay`, or, if an earlier request for the same order is waiting, until that one is done. Counts a
    /// payment that begins to wait, and returns whether it did.
    async fn wait(&self, order_id: OrderId, delay: Duration, affected: &Affected) -> bool {
        let (done, receiver) = watch::channel(());
        let earlier = {
            let mut delayed = lock(&self.delayed);
            let earlier = delayed.get(&order_id).cloned();
            if earlier.is_none() {
                delayed.insert(order_id, receiver);
            }
            earlier
        };
        if let Some(mut earlier) = earlier {
            // Nothing is ever sent: this returns when the sender is dropped.
            let _ = earlier.changed().await;
            return false;
        }
        let is_slow = !delay.is_zero();
        if is_slow {
            affected.count();
        }
        tokio::time::sleep(delay).await;
        lock(&self.delayed).remove(&order_id);
        drop(done);
        is_slow
    }
}
