//! What a service makes of events, with its data in PostgreSQL.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::Event;
use fdp_messaging::Incoming;
use sqlx::PgConnection;

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

    /// Lets it react to one event, and returns the events that announce it. Pure; it may be called again with
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
