//! The inbox: events take effect in batches, each event once, in one transaction with the note that it did.

use crate::contracts::{CloudEvent, DecodeError, Event, OrderId};
use crate::ledger::{Change, Table};
use crate::outbox::{Outbox, OutboxError};
use crate::trace::{Kind, Span, TraceContext};
use crate::{Clock, SystemClock, database};
use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::{PgConnection, PgPool};
use std::collections::{BTreeMap, HashSet};
use std::marker::PhantomData;
use std::time::Duration;
use uuid::Uuid;

/// How long one attempt to bring about the effects of a batch may take; after that the database's machine counts as
/// gone.
const ATTEMPT: Duration = Duration::from_secs(30);
/// How an attempt begins. It waits less long for locks than it may take: who only stands behind another transaction (a
/// projection that is made anew) hears so from the database, and leaves nothing behind that waits there.
const BEGIN: &str = "BEGIN; SET LOCAL lock_timeout = '20s'";
/// How long the ids of events are kept: twice as long as Kafka keeps messages unless told otherwise (7 days).
const MEMORY: TimeDelta = TimeDelta::days(14);

/// An event that has come in.
#[derive(Debug, Clone, PartialEq)]
pub struct Incoming {
    /// As it travelled.
    pub envelope: CloudEvent,
    /// What it says.
    pub event: Event,
}

impl Incoming {
    /// Opens an envelope.
    ///
    /// # Errors
    /// When its data does not fit its type.
    pub fn open(envelope: CloudEvent) -> Result<Self, DecodeError> {
        let event = envelope.event()?;
        Ok(Self { envelope, event })
    }

    /// The order that it is about; events of products are about none.
    pub fn order_id(&self) -> Option<OrderId> {
        match &self.event {
            Event::Order(order) => Some(order.order_id),
            Event::Payment(payment) => Some(payment.order_id),
            Event::Ticket(ticket) => Some(ticket.order_id),
            Event::Delivery(delivery) => Some(delivery.order_id),
            Event::Stock(movement) => Some(movement.order_id),
            Event::Product(_) | Event::Unknown => None,
        }
    }

    /// Begins the step of its trace that brings about its effect: for what that causes, and for the collector until
    /// the span is dropped.
    pub fn begin(&self) -> (TraceContext, Span) {
        let context = TraceContext::continuing(self.envelope.traceparent.as_deref());
        let mut span = Span::begin(Kind::Consumer, context, || self.envelope.kind.clone());
        if let Some(order_id) = self.order_id() {
            span.set("order.id", &order_id);
        }
        (context, span)
    }

    /// Runs `work` with the event's ids in its log lines.
    pub fn within<R>(&self, context: TraceContext, work: impl FnOnce() -> R) -> R {
        let (kind, event_id) = (&self.envelope.kind, self.envelope.id);
        let span = tracing::info_span!(
            "event", %kind, %event_id, trace_id = %context.trace_id(), order_id = tracing::field::Empty,
        );
        if let Some(order_id) = self.order_id() {
            span.record("order_id", tracing::field::display(order_id));
        }
        span.in_scope(work)
    }
}

/// Why events had no effect.
#[derive(Debug, thiserror::Error)]
pub enum HandleError {
    /// They never will: a message that is alone with this goes to the dead letters.
    #[error("{0}")]
    Poison(String),
    /// Not now: they are tried again.
    #[error(transparent)]
    Passing(Box<dyn std::error::Error + Send + Sync>),
}

impl From<sqlx::Error> for HandleError {
    fn from(error: sqlx::Error) -> Self {
        // Data that cannot be written down, that the database refuses (class 22), or that breaks a rule (class 23) will
        // be refused again.
        let refused = error
            .as_database_error()
            .and_then(sqlx::error::DatabaseError::code);
        if matches!(error, sqlx::Error::Encode(_))
            || refused.is_some_and(|code| code.starts_with("22") || code.starts_with("23"))
        {
            return Self::Poison(error.to_string());
        }
        if !database::is_passing(&error) {
            tracing::error!(%error, "the database refuses what it should not; trying again");
        }
        Self::Passing(error.into())
    }
}

impl From<OutboxError> for HandleError {
    fn from(error: OutboxError) -> Self {
        sqlx::Error::from(error).into()
    }
}

/// Brings events to their effects, wherever those are kept.
#[async_trait]
pub trait Effects: Send + Sync + 'static {
    /// Whether events of this `CloudEvents` type have any effect here; others cost no transaction.
    fn concerns(&self, kind: &str) -> bool;

    /// Brings about the effects of `events`, in their order, each once per event id however often it comes; durable
    /// when it returns. Gives how many had come before.
    ///
    /// # Errors
    /// All or some may have had no effect then; the same events may be brought again, together or one by one.
    async fn bring_about(&self, events: &[Incoming]) -> Result<usize, HandleError>;

    /// Called now and then, to forget events that can't come again.
    async fn tidy(&self) {}
}

/// What a service makes of events, with its data in PostgreSQL: what they affect is loaded, reacts, and is saved.
#[async_trait]
pub trait EventHandler: Send + Sync + 'static {
    /// All that a batch of events affects, as it is kept now and then as it is to be.
    type Affected: Send;

    /// Whether events of this `CloudEvents` type have any effect here.
    fn concerns(&self, kind: &str) -> bool;

    /// Loads what `events` affect, locked until the transaction ends, in one order for all replicas.
    async fn load(
        &self,
        connection: &mut PgConnection,
        events: &[Incoming],
    ) -> Result<Self::Affected, sqlx::Error>;

    /// Lets it react to one event, and gives what the world is to hear of that. Pure; it may be called again with
    /// the same event in another transaction.
    ///
    /// # Errors
    /// With the reason, when this event can never have its effect.
    fn react(
        &self,
        affected: &mut Self::Affected,
        incoming: &Incoming,
        now: DateTime<Utc>,
    ) -> Result<Vec<Event>, String>;

    /// Saves what changed. False when another transaction added the same meanwhile, so that all has to be loaded anew.
    async fn save(
        &self,
        connection: &mut PgConnection,
        affected: Self::Affected,
    ) -> Result<bool, sqlx::Error>;

    /// Called once the effects of `events` are durable, for what may be lost (to wake someone up, say).
    async fn committed(&self, _events: &[Incoming]) {}
}

/// [`Effects`] in PostgreSQL: inbox, effects and outbox share one transaction for each batch.
#[derive(Debug)]
pub struct PgInbox<H> {
    pool: PgPool,
    outbox: Outbox,
    handler: H,
    clock: SystemClock,
}

impl<H: EventHandler> PgInbox<H> {
    /// Effects of `handler` on the database of `pool`; what they announce goes to `outbox`.
    pub fn new(pool: PgPool, outbox: Outbox, handler: H) -> Self {
        Self {
            pool,
            outbox,
            handler,
            clock: SystemClock,
        }
    }

    /// One attempt; `None` when another transaction got in between.
    async fn attempt(&self, events: &[Incoming]) -> Result<Option<Vec<Incoming>>, HandleError> {
        let mut transaction = database::begin_with(&self.pool, BEGIN).await?;
        let fresh = note(&mut transaction, events).await?;
        if fresh.is_empty() {
            return Ok(Some(fresh));
        }
        let mut affected = self.handler.load(&mut transaction, &fresh).await?;
        let (mut announced, mut spans) = (Vec::new(), Vec::new());
        for incoming in &fresh {
            let (context, span) = incoming.begin();
            // They end together: the effects of a batch are durable at once.
            spans.push(span);
            let reaction = incoming.within(context, || {
                self.handler.react(&mut affected, incoming, self.clock.now())
            });
            for event in reaction.map_err(HandleError::Poison)? {
                announced.push(self.outbox.envelope(event, Some(context.header()))?);
            }
        }
        if !self.handler.save(&mut transaction, affected).await? {
            return Ok(None);
        }
        let owes_events = !announced.is_empty();
        self.outbox.append_envelopes(&mut transaction, &announced).await?;
        transaction.commit().await?;
        if owes_events {
            self.outbox.wake();
        }
        Ok(Some(fresh))
    }
}

#[async_trait]
impl<H: EventHandler> Effects for PgInbox<H> {
    fn concerns(&self, kind: &str) -> bool {
        self.handler.concerns(kind)
    }

    async fn bring_about(&self, events: &[Incoming]) -> Result<usize, HandleError> {
        loop {
            let attempt = tokio::time::timeout(ATTEMPT, self.attempt(events));
            let attempted = attempt.await.unwrap_or_else(|_| Err(database::silent().into()));
            if let Some(fresh) = attempted? {
                if !fresh.is_empty() {
                    self.handler.committed(&fresh).await;
                }
                return Ok(events.len() - fresh.len());
            }
        }
    }

    async fn tidy(&self) {
        match forget(&self.pool, self.clock.now() - MEMORY).await {
            Ok(0) => {}
            Ok(forgotten) => tracing::info!(forgotten, "the inbox forgot events that can't come again"),
            Err(error) => tracing::debug!(%error, "tidying the inbox has to wait"),
        }
    }
}

/// Forgets the events that were made and handled before `time`, and gives how many. Their ids (`UUIDv7`, RFC 9562) begin
/// with the milliseconds of their making, so that the primary key finds them. A dead letter may be handled long after
/// its event was made, and can still come again.
async fn forget(pool: &PgPool, time: DateTime<Utc>) -> Result<u64, sqlx::Error> {
    let milliseconds = u64::try_from(time.timestamp_millis()).unwrap_or_default();
    let first_kept = Uuid::from_u128(u128::from(milliseconds) << 80);
    let forgotten = sqlx::query("DELETE FROM inbox WHERE event_id < $1 AND handled_at < $2")
        .bind(first_kept)
        .bind(time)
        .execute(pool)
        .await?;
    Ok(forgotten.rows_affected())
}

/// Notes the ids of `events`, and gives those events that were not noted before, each once.
pub(crate) async fn note(
    connection: &mut PgConnection,
    events: &[Incoming],
) -> Result<Vec<Incoming>, sqlx::Error> {
    let mut ids: Vec<Uuid> = events.iter().map(|incoming| incoming.envelope.id).collect();
    // In one order for all replicas, so that two that got the same events never wait for each other.
    ids.sort_unstable();
    let noted: Vec<Uuid> = sqlx::query_scalar(
        "INSERT INTO inbox (event_id) SELECT unnest($1::uuid[]) ON CONFLICT DO NOTHING RETURNING event_id",
    )
    .bind(&ids)
    .fetch_all(connection)
    .await?;
    let mut noted: HashSet<Uuid> = noted.into_iter().collect();
    let fresh = events
        .iter()
        .filter(|incoming| noted.remove(&incoming.envelope.id));
    Ok(fresh.cloned().collect())
}

/// How one kind of aggregate, one per order, reacts to events: pure, so that a simulation runs the same code.
pub trait Reaction: Send + Sync + 'static {
    /// What reacts.
    type Aggregate: Clone + PartialEq + Send + Sync + 'static;

    /// Whether events of this `CloudEvents` type have any effect here.
    fn concerns(&self, kind: &str) -> bool;

    /// What becomes of the order's aggregate (`None` when there is none yet); `None` when nothing does.
    fn react(
        &self,
        present: Option<&Self::Aggregate>,
        event: &Event,
        now: DateTime<Utc>,
    ) -> Option<Change<Self::Aggregate>>;

    /// Called once the effects of `events` are durable, for what may be lost.
    fn committed(&self, _events: &[Incoming]) {}
}

/// The [`EventHandler`] of a [`Reaction`] whose aggregates lie in a [`Table`].
#[derive(Debug)]
pub struct Reacting<T, R> {
    reaction: R,
    table: PhantomData<fn() -> T>,
}

impl<T: Table, R: Reaction<Aggregate = T::Aggregate>> Reacting<T, R> {
    /// Lets the aggregates of `T` react as `reaction` says.
    pub fn new(reaction: R) -> Self {
        Self {
            reaction,
            table: PhantomData,
        }
    }
}

/// An aggregate before and after a batch of events.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot<A> {
    before: Option<A>,
    after: Option<A>,
}

#[async_trait]
impl<T: Table, R: Reaction<Aggregate = T::Aggregate>> EventHandler for Reacting<T, R> {
    type Affected = BTreeMap<OrderId, Slot<T::Aggregate>>;

    fn concerns(&self, kind: &str) -> bool {
        self.reaction.concerns(kind)
    }

    async fn load(
        &self,
        connection: &mut PgConnection,
        events: &[Incoming],
    ) -> Result<Self::Affected, sqlx::Error> {
        let mut affected: Self::Affected = events
            .iter()
            .filter_map(Incoming::order_id)
            .map(|order_id| {
                let nothing = Slot {
                    before: None,
                    after: None,
                };
                (order_id, nothing)
            })
            .collect();
        let order_ids: Vec<OrderId> = affected.keys().copied().collect();
        for present in T::lock(connection, &order_ids).await? {
            if let Some(slot) = affected.get_mut(&T::order_id(&present)) {
                slot.after = Some(present.clone());
                slot.before = Some(present);
            }
        }
        Ok(affected)
    }

    fn react(
        &self,
        affected: &mut Self::Affected,
        incoming: &Incoming,
        now: DateTime<Utc>,
    ) -> Result<Vec<Event>, String> {
        let slot = incoming
            .order_id()
            .and_then(|order_id| affected.get_mut(&order_id));
        let Some(slot) = slot else {
            return Ok(Vec::new());
        };
        let change = self.reaction.react(slot.after.as_ref(), &incoming.event, now);
        Ok(change.map_or_else(Vec::new, |change| {
            slot.after = Some(change.aggregate);
            change.events
        }))
    }

    async fn save(
        &self,
        connection: &mut PgConnection,
        affected: Self::Affected,
    ) -> Result<bool, sqlx::Error> {
        let changed: Vec<_> = affected
            .values()
            .filter(|slot| slot.before != slot.after)
            .collect();
        let (known, new): (Vec<_>, Vec<_>) = changed.into_iter().partition(|slot| slot.before.is_some());
        let (known, new) = (latest(&known), latest(&new));
        if !new.is_empty() && T::insert(connection, &new).await? != new.len() as u64 {
            return Ok(false);
        }
        if !known.is_empty() {
            T::update(connection, &known).await?;
        }
        Ok(true)
    }

    async fn committed(&self, events: &[Incoming]) {
        self.reaction.committed(events);
    }
}

fn latest<'a, A>(slots: &[&'a Slot<A>]) -> Vec<&'a A> {
    slots.iter().filter_map(|slot| slot.after.as_ref()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_written_down_is_poison_and_a_silent_server_is_tried_again() {
        let too_large = u64::MAX;
        let encoding = i64::try_from(too_large).unwrap_err();
        let refused: HandleError = sqlx::Error::Encode(encoding.into()).into();
        assert!(matches!(refused, HandleError::Poison(_)), "{refused:?}");
        let silent: HandleError = database::silent().into();
        assert!(matches!(silent, HandleError::Passing(_)), "{silent:?}");
    }

    #[test]
    fn an_event_that_is_too_long_to_be_announced_is_poison() {
        let too_long = OutboxError::TooLong {
            kind: "fooddelivery.order.placed.v1".to_owned(),
            subject: "ord_1".to_owned(),
            bytes: 1_000_000,
        };
        assert!(matches!(HandleError::from(too_long), HandleError::Poison(_)));
    }
}
