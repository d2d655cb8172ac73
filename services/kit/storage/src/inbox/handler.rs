//! How a service handles events, with its data in PostgreSQL.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::Event;
use fdp_messaging::Incoming;
use sqlx::PgConnection;

/// How a service handles events, with its data in PostgreSQL: load what the events affect, apply them, save it.
#[async_trait]
pub trait EventHandler: Send + Sync + 'static {
    /// The data that a batch of events affects, as stored and as changed so far.
    type Affected: Send;

    /// Whether events of this `CloudEvents` type have any effect here.
    fn concerns(&self, kind: &str) -> bool;

    /// Loads what `events` affect and locks it until the transaction ends, in the same order in all replicas.
    async fn load(
        &self,
        connection: &mut PgConnection,
        events: &[Incoming],
    ) -> Result<Self::Affected, sqlx::Error>;

    /// Applies one event to `affected`, and returns the events to publish. Pure; it may be called again with the same
    /// event in another transaction.
    ///
    /// # Errors
    /// The reason, when this event can never be applied.
    fn react(
        &self,
        affected: &mut Self::Affected,
        incoming: &Incoming,
        now: DateTime<Utc>,
    ) -> Result<Vec<Event>, String>;

    /// Saves the changes. False when another transaction inserted the same rows meanwhile; then all is loaded again.
    async fn save(
        &self,
        connection: &mut PgConnection,
        affected: Self::Affected,
    ) -> Result<bool, sqlx::Error>;

    /// Called once the effects of `events` are durable. Only for work that may be lost (waking waiters, for example).
    async fn committed(&self, _events: &[Incoming]) {}
}
