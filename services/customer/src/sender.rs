//! Sends messages that wait, each at most once.
//!
//! An attempt is on record before it is made. One whose outcome stays unknown is shown as such and never repeated:
//! a customer who reads nothing can look, and one who reads the same twice loses trust.

use crate::app::ports::{Message, Messenger};
use crate::domain::{Answer, Contact, Language, Next, Notification, next, too_late};
use crate::store::attempts::{self, Attempt};
use chrono::Utc;
use fdp_kit::trace::{self, TraceContext};
use fdp_kit::{Check, Health};
use sqlx::PgPool;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// How often to look for messages whose time has come, and for those whose sender is gone.
const LOOK: Duration = Duration::from_secs(1);
const FIRST_RETRY: Duration = Duration::from_millis(200);

/// How the sender goes about it.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How many messages this replica sends side by side.
    pub concurrency: usize,
    /// How long an attempt may take before its outcome counts as unknown; longer than a messenger needs to answer.
    pub patience: Duration,
    /// How long after its beginning an attempt without an end counts as lost; longer than `patience`.
    pub lease: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            concurrency: 8,
            patience: Duration::from_secs(45),
            lease: Duration::from_mins(1),
        }
    }
}

/// Sends what the local outbox holds for others.
pub struct Sender {
    pool: PgPool,
    messenger: Arc<dyn Messenger>,
    pace: Pace,
    wake: Arc<Notify>,
    check: Check,
}

/// How an attempt ended for the sender: when it may go on.
type Closed = Option<Refused>;

struct Refused {
    until: Instant,
    reason: String,
}

impl Sender {
    /// Sends through `messenger` what the database behind `pool` holds, and says in `check` how that goes. Whoever
    /// writes a message there should `wake` it.
    pub fn new(
        pool: PgPool,
        messenger: Arc<dyn Messenger>,
        pace: Pace,
        wake: Arc<Notify>,
        check: Check,
    ) -> Self {
        Self {
            pool,
            messenger,
            pace,
            wake,
            check,
        }
    }

    /// Sends until stopped; what is on its way then is waited for.
    pub async fn run(self, health: Health, stop: CancellationToken) {
        self.check.ready();
        let sender = Arc::new(self);
        let mut under_way: JoinSet<Closed> = JoinSet::new();
        let mut closed_until = Instant::now();
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = sender.wake.notified() => {}
                _ = look.tick() => {
                    if health.is_ready() {
                        sender.keep_books().await;
                    }
                }
                Some(ended) = under_way.join_next() => {
                    if let Ok(Some(refused)) = ended {
                        closed_until = closed_until.max(refused.until);
                        sender.check.failing(&refused.reason);
                    }
                }
            }
            if health.is_ready() && Instant::now() >= closed_until {
                sender.begin(&mut under_way).await;
            }
        }
        while under_way.join_next().await.is_some() {}
    }

    /// Begins as many attempts as there is room for.
    async fn begin(self: &Arc<Self>, under_way: &mut JoinSet<Closed>) {
        let room = self.pace.concurrency.saturating_sub(under_way.len());
        if room == 0 {
            return;
        }
        match attempts::begin(&self.pool, room).await {
            Ok(begun) => {
                for attempt in begun {
                    let sender = Arc::clone(self);
                    under_way.spawn(sender.attempt(attempt));
                }
            }
            Err(error) => tracing::warn!(%error, "looking for messages to send failed; trying again"),
        }
    }

    async fn attempt(self: Arc<Self>, attempt: Attempt) -> Closed {
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
            let (next, closed) = match (&attempt.contact, too_late(age(notification))) {
                (None, _) => (Next::Local, None),
                (Some(_), Some(late)) => (late, None),
                (Some(contact), None) => self.send(&attempt, contact).await,
            };
            self.write_down(&attempt, &next).await;
            closed
        };
        trace::within(context, work).instrument(span).await
    }

    async fn send(&self, attempt: &Attempt, contact: &Contact) -> (Next, Closed) {
        let notification = &attempt.notification;
        let message = Message {
            receiver: contact.kakao_uuid.clone(),
            text: match contact.language {
                Language::Korean => notification.text.korean.clone(),
                Language::English => notification.text.english.clone(),
            },
            language: contact.language,
            order_id: notification.order_id,
        };
        let answer = timeout(self.pace.patience, self.messenger.send(&message))
            .await
            .unwrap_or_else(|_| Answer::Unknown("no answer in time".to_owned()));
        let closed = match &answer {
            Answer::Sent | Answer::Never(_) => {
                self.check.ready();
                None
            }
            Answer::NotYet(refusal) if refusal.everyone => Some(Refused {
                until: Instant::now() + refusal.wait.max(LOOK),
                reason: refusal.reason.clone(),
            }),
            Answer::NotYet(_) | Answer::Unknown(_) => None,
        };
        (next(answer, notification.attempts, age(notification)), closed)
    }

    /// Keeps at it for as long as the attempt is ours to end; after that it is called unknown, which is true as well.
    async fn write_down(&self, attempt: &Attempt, next: &Next) {
        let outcome = match next {
            Next::Sent => "sent",
            Next::Local => "local",
            Next::Failed(_) => "failed",
            Next::Unknown(_) => "unknown",
            Next::Again { .. } => "again",
        };
        match next {
            Next::Sent | Next::Local => tracing::info!(outcome, "a message went out"),
            Next::Failed(reason) | Next::Unknown(reason) | Next::Again { reason, .. } => {
                tracing::warn!(outcome, %reason, attempts = attempt.notification.attempts, "a message did not go out");
            }
        }
        metrics::counter!("notifications_total", "outcome" => outcome).increment(1);
        let until = Instant::now() + self.pace.lease;
        let mut pause = FIRST_RETRY;
        while let Err(error) = attempts::end(&self.pool, attempt, next).await {
            tracing::warn!(%error, outcome, "what became of a message could not be written down; trying again");
            if Instant::now() > until {
                return;
            }
            sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(2));
        }
    }

    /// Gives up attempts whose sender is gone, and shows how old the oldest message is.
    async fn keep_books(&self) {
        match attempts::give_up_lost(&self.pool, self.pace.lease).await {
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
        if let Ok(age) = attempts::oldest_under_way(&self.pool).await {
            metrics::gauge!("notifications_oldest_pending_seconds").set(age.as_secs_f64());
        }
    }
}

/// How long ago the change happened that a message tells of.
fn age(notification: &Notification) -> Duration {
    (Utc::now() - notification.changed_at)
        .to_std()
        .unwrap_or_default()
}
