//! Sends pending messages, each at most once.
//!
//! An attempt is recorded before it is made. If its outcome stays unknown, it is shown as such and never repeated: a
//! customer without the message can still look at the order, but the same message twice costs trust.

use super::ports::{AttemptRepository, Message, Messenger};
use crate::domain::{Attempt, AttemptOutcome, Contact, Notification, SendResult, expired, outcome};
use chrono::Utc;
use fdp_kit::trace::{self, TraceContext};
use fdp_kit::{Check, Health};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// How often to poll for messages that are due, and for those whose sender is gone.
const POLL_INTERVAL: Duration = Duration::from_secs(1);
/// The first pause before the outcome of an attempt is written again.
const INITIAL_BACKOFF: Duration = Duration::from_millis(200);

/// How the sender works.
#[derive(Debug, Clone, Copy)]
pub struct SenderConfig {
    /// How many messages this replica sends at the same time.
    pub concurrency: usize,
    /// How long an attempt may take before its outcome counts as unknown; longer than the messenger's own timeouts.
    pub send_timeout: Duration,
    /// How long after it began an unfinished attempt counts as lost; longer than `send_timeout`.
    pub lease: Duration,
}

impl Default for SenderConfig {
    fn default() -> Self {
        Self {
            concurrency: 8,
            send_timeout: Duration::from_secs(45),
            lease: Duration::from_mins(1),
        }
    }
}

/// Sends the pending messages of the local outbox.
pub struct Sender {
    attempts: Arc<dyn AttemptRepository>,
    messenger: Arc<dyn Messenger>,
    config: SenderConfig,
    wake: Arc<Notify>,
    check: Check,
}

/// Blocks all further attempts for some time.
struct Blocked {
    until: Instant,
    reason: String,
}

impl Sender {
    /// Sends pending messages through `messenger`, and reports in `check` whether that works. Whoever inserts messages
    /// should notify `wake`.
    pub fn new(
        attempts: Arc<dyn AttemptRepository>,
        messenger: Arc<dyn Messenger>,
        config: SenderConfig,
        wake: Arc<Notify>,
        check: Check,
    ) -> Self {
        Self {
            attempts,
            messenger,
            config,
            wake,
            check,
        }
    }

    /// Sends until stopped, and then waits for the attempts in progress.
    pub async fn run(self, health: Health, stop: CancellationToken) {
        self.check.ready();
        let sender = Arc::new(self);
        let mut in_progress: JoinSet<Option<Blocked>> = JoinSet::new();
        let mut blocked_until = Instant::now();
        let mut poll = interval(POLL_INTERVAL);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = sender.wake.notified() => {}
                _ = poll.tick() => {
                    if health.is_ready() {
                        sender.expire_lost().await;
                    }
                }
                Some(ended) = in_progress.join_next() => {
                    if let Ok(Some(blocked)) = ended {
                        blocked_until = blocked_until.max(blocked.until);
                        sender.check.failing(&blocked.reason);
                    }
                }
            }
            if health.is_ready() && Instant::now() >= blocked_until {
                sender.begin(&mut in_progress).await;
            }
        }
        while in_progress.join_next().await.is_some() {}
    }

    /// Begins as many attempts as the concurrency allows.
    async fn begin(self: &Arc<Self>, in_progress: &mut JoinSet<Option<Blocked>>) {
        let room = self.config.concurrency.saturating_sub(in_progress.len());
        if room == 0 {
            return;
        }
        match self.attempts.begin(room).await {
            Ok(begun) => {
                for attempt in begun {
                    let sender = Arc::clone(self);
                    in_progress.spawn(sender.attempt(attempt));
                }
            }
            Err(error) => tracing::warn!(%error, "looking for messages to send failed; trying again"),
        }
    }

    async fn attempt(self: Arc<Self>, attempt: Attempt) -> Option<Blocked> {
        let notification = &attempt.notification;
        let context = notification
            .traceparent
            .as_deref()
            .and_then(TraceContext::parse)
            .map_or_else(TraceContext::start, TraceContext::child);
        let span = tracing::info_span!(
            "notification", order_id = %notification.order_id, version = notification.version,
            trace_id = %context.trace_id(),
        );
        let work = async {
            let (outcome, blocked) = match (&attempt.contact, expired(age(notification))) {
                (None, _) => (AttemptOutcome::Local, None),
                (Some(_), Some(late)) => (late, None),
                (Some(contact), None) => self.send(&attempt, contact).await,
            };
            self.finish(&attempt, &outcome).await;
            blocked
        };
        trace::within(context, work).instrument(span).await
    }

    async fn send(&self, attempt: &Attempt, contact: &Contact) -> (AttemptOutcome, Option<Blocked>) {
        let notification = &attempt.notification;
        let message = Message {
            receiver: contact.kakao_uuid.clone(),
            text: notification.text.in_language(contact.language).to_owned(),
            language: contact.language,
            order_id: notification.order_id,
        };
        let result = timeout(self.config.send_timeout, self.messenger.send(&message))
            .await
            .unwrap_or_else(|_| SendResult::Unknown("no answer in time".to_owned()));
        let blocked = match &result {
            SendResult::Sent | SendResult::Permanent(_) => {
                self.check.ready();
                None
            }
            SendResult::Retryable(failure) if failure.affects_all => Some(Blocked {
                until: Instant::now() + failure.retry_after.max(POLL_INTERVAL),
                reason: failure.reason.clone(),
            }),
            SendResult::Retryable(_) | SendResult::Unknown(_) => None,
        };
        let outcome = outcome(result, notification.attempts, age(notification));
        (outcome, blocked)
    }

    /// Records the outcome, and retries for as long as the lease holds. After that another replica marks the message as
    /// unknown, which is also true.
    async fn finish(&self, attempt: &Attempt, outcome: &AttemptOutcome) {
        let label = match outcome {
            AttemptOutcome::Sent => "sent",
            AttemptOutcome::Local => "local",
            AttemptOutcome::Failed(_) => "failed",
            AttemptOutcome::Unknown(_) => "unknown",
            AttemptOutcome::Retry { .. } => "again",
        };
        match outcome {
            AttemptOutcome::Sent | AttemptOutcome::Local => {
                tracing::info!(outcome = label, "a message went out");
            }
            AttemptOutcome::Failed(reason)
            | AttemptOutcome::Unknown(reason)
            | AttemptOutcome::Retry { reason, .. } => {
                tracing::warn!(outcome = label, %reason, attempts = attempt.notification.attempts, "a message did not go out");
            }
        }
        metrics::counter!("notifications_total", "outcome" => label).increment(1);
        let until = Instant::now() + self.config.lease;
        let mut pause = INITIAL_BACKOFF;
        while let Err(error) = self.attempts.finish(attempt, outcome).await {
            tracing::warn!(%error, outcome = label, "what became of a message could not be written down; trying again");
            if Instant::now() > until {
                return;
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(2));
        }
    }

    /// Marks messages whose sender is gone as unknown, and reports the age of the oldest pending message.
    async fn expire_lost(&self) {
        match self.attempts.expire_lost(self.config.lease).await {
            Ok(0) => {}
            Ok(lost) => {
                tracing::warn!(
                    lost,
                    "messages may or may not have been sent: their sender is gone"
                );
                metrics::counter!("notifications_total", "outcome" => "unknown").increment(lost);
            }
            Err(error) => tracing::warn!(%error, "looking for lost messages failed; trying again"),
        }
        if let Ok(age) = self.attempts.oldest_pending_age().await {
            metrics::gauge!("notifications_oldest_pending_seconds").set(age.as_secs_f64());
        }
    }
}

/// How long ago the change happened that the message is about.
fn age(notification: &Notification) -> Duration {
    (Utc::now() - notification.changed_at)
        .to_std()
        .unwrap_or_default()
}
