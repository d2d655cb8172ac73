//! Effects in PostgreSQL: inbox, effects and outbox share one transaction for each batch.

use crate::database;
use crate::inbox::error::handle_error;
use crate::inbox::handler::EventHandler;
use crate::outbox::Outbox;
use async_trait::async_trait;
use fdp_messaging::{Effects, HandleError, Incoming};
use fdp_runtime::{Clock, SystemClock};
use sqlx::{PgConnection, PgPool};
use std::collections::HashSet;
use std::time::Duration;
use uuid::Uuid;

/// The timeout for one attempt to apply a batch; after that the database's machine is considered down.
const ATTEMPT: Duration = Duration::from_secs(30);
/// Begins an attempt. The lock timeout is shorter than the attempt's own: when another transaction holds a lock (during
/// a rebuild of a projection), the database reports an error, and no statement keeps waiting there.
const BEGIN: &str = "BEGIN; SET LOCAL lock_timeout = '20s'";

/// [`Effects`] in PostgreSQL: inbox, effects and outbox share one transaction for each batch.
#[derive(Debug)]
pub struct PgInbox<H> {
    pool: PgPool,
    outbox: Outbox,
    handler: H,
    clock: SystemClock,
}

impl<H: EventHandler> PgInbox<H> {
    /// Applies events with `handler` to the database of `pool`; the events that it returns are written to `outbox`.
    pub fn new(pool: PgPool, outbox: Outbox, handler: H) -> Self {
        Self {
            pool,
            outbox,
            handler,
            clock: SystemClock,
        }
    }

    /// One attempt; `None` when another transaction inserted the same rows meanwhile.
    async fn attempt(&self, events: &[Incoming]) -> Result<Option<Vec<Incoming>>, HandleError> {
        let mut transaction = database::begin_with(&self.pool, BEGIN)
            .await
            .map_err(handle_error)?;
        let fresh = note(&mut transaction, events).await.map_err(handle_error)?;
        if fresh.is_empty() {
            return Ok(Some(fresh));
        }
        let mut affected = self
            .handler
            .load(&mut transaction, &fresh)
            .await
            .map_err(handle_error)?;
        let (mut announced, mut spans) = (Vec::new(), Vec::new());
        for incoming in &fresh {
            let (context, span) = incoming.begin();
            // The spans end together, because the effects of a batch become durable together.
            spans.push(span);
            let reaction = incoming.within(context, || {
                self.handler.react(&mut affected, incoming, self.clock.now())
            });
            for event in reaction.map_err(HandleError::Permanent)? {
                announced.push(self.outbox.row(event, Some(context.header()))?);
            }
        }
        let saved = self.handler.save(&mut transaction, affected).await;
        if !saved.map_err(handle_error)? {
            return Ok(None);
        }
        let owes_events = !announced.is_empty();
        self.outbox.append_rows(&mut transaction, &announced).await?;
        transaction.commit().await.map_err(handle_error)?;
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

    async fn apply(&self, events: &[Incoming]) -> Result<usize, HandleError> {
        loop {
            let attempt = tokio::time::timeout(ATTEMPT, self.attempt(events));
            let attempted = attempt
                .await
                .unwrap_or_else(|_| Err(handle_error(database::timed_out())));
            if let Some(fresh) = attempted? {
                if !fresh.is_empty() {
                    self.handler.committed(&fresh).await;
                }
                return Ok(events.len() - fresh.len());
            }
        }
    }
}

/// Records the ids of `events`, and returns the events that were not recorded before, each once.
pub(crate) async fn note(
    connection: &mut PgConnection,
    events: &[Incoming],
) -> Result<Vec<Incoming>, sqlx::Error> {
    let mut ids: Vec<Uuid> = events.iter().map(|incoming| incoming.envelope.id).collect();
    // Sorted, so that two replicas with the same events lock in the same order and never deadlock.
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
