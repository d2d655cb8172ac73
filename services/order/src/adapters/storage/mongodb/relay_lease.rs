//! The lease of the one active relay: a document with a heartbeat, which another replica takes over when it stops.
//!
//! No clocks are compared: a replica that wants the lease watches the heartbeat, and takes over once it has not changed
//! for long enough by its own clock. Each holder has a term of its own, so that a former holder notices the takeover.

use crate::adapters::storage::mongodb::collections;
use crate::adapters::storage::mongodb::errors::{found_and_changed, in_time, is_duplicate};
use crate::application::ports::RepositoryError;
use fdp_runtime::Check;
use mongodb::bson::{Bson, Document, doc};
use mongodb::{Collection, Database};
use serde::Deserialize;
use std::time::Duration;
use tokio::time::Instant;

const NAME: &str = "relay";
/// The interval of the heartbeat.
const HEARTBEAT: Duration = Duration::from_millis(500);
/// How long without a heartbeat before another replica takes over.
const LEASE_TIMEOUT: Duration = Duration::from_secs(3);
/// How often a replica without the lease polls it.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct LeaseDocument {
    /// `None` if it was released.
    holder: Option<String>,
    term: i64,
    beat: i64,
}

/// The lease of its holder.
#[derive(Debug)]
pub(super) struct Lease {
    leases: Collection<Document>,
    term: i64,
    last_heartbeat: Instant,
}

impl Lease {
    /// Waits until `holder` has the lease; `check` reports that it is waiting. A holder that still has it from before a
    /// failure begins a new term at once.
    pub(super) async fn acquire(
        database: &Database,
        holder: &str,
        check: &Check,
    ) -> Result<Self, RepositoryError> {
        let leases = database.collection::<Document>(collections::LEASES);
        let mut observed: Option<(LeaseDocument, Instant)> = None;
        loop {
            let typed = leases.clone_with_type::<LeaseDocument>();
            match in_time(typed.find_one(doc! {"_id": NAME})).await? {
                None => {
                    let first = doc! {"_id": NAME, "holder": Bson::Null, "term": 0_i64, "beat": 0_i64};
                    match in_time(leases.insert_one(first)).await {
                        Err(error) if !is_duplicate(&error) => return Err(error.into()),
                        _ => continue,
                    }
                }
                Some(lease) => {
                    let since = match &observed {
                        Some((before, since)) if *before == lease => *since,
                        _ => Instant::now(),
                    };
                    let is_free = lease.holder.as_deref().is_none_or(|other| other == holder);
                    if (is_free || since.elapsed() >= LEASE_TIMEOUT)
                        && let Some(taken) = take_over(&leases, holder, &lease).await?
                    {
                        return Ok(taken);
                    }
                    check.failing("another replica relays");
                    observed = Some((lease, since));
                }
            }
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Whether the caller still has the lease; sends a heartbeat if one is due. After a pause of the process, it always
    /// queries the database.
    pub(super) async fn holds(&mut self) -> Result<bool, RepositoryError> {
        if self.last_heartbeat.elapsed() < HEARTBEAT {
            return Ok(true);
        }
        let last_heartbeat = Instant::now();
        let mine = doc! {"_id": NAME, "term": self.term};
        let updated = in_time(self.leases.update_one(mine, doc! {"$inc": {"beat": 1_i64}})).await?;
        self.last_heartbeat = last_heartbeat;
        found_and_changed(&updated, "the lease")
    }
}

async fn take_over(
    leases: &Collection<Document>,
    holder: &str,
    observed: &LeaseDocument,
) -> Result<Option<Lease>, RepositoryError> {
    let last_heartbeat = Instant::now();
    let unchanged = doc! {"_id": NAME, "term": observed.term, "beat": observed.beat};
    let update = doc! {"$set": {"holder": holder}, "$inc": {"term": 1_i64, "beat": 1_i64}};
    let updated = in_time(leases.update_one(unchanged, update)).await?;
    let taken = found_and_changed(&updated, "the lease")?;
    Ok(taken.then(|| Lease {
        leases: leases.clone(),
        term: observed.term + 1,
        last_heartbeat,
    }))
}

/// Releases the lease, if `holder` has it, so that another replica takes it over at once.
pub(super) async fn release(database: &Database, holder: &str) -> Result<(), RepositoryError> {
    let leases = database.collection::<Document>(collections::LEASES);
    let mine = doc! {"_id": NAME, "holder": holder};
    let update = doc! {"$set": {"holder": Bson::Null}, "$inc": {"term": 1_i64}};
    let updated = in_time(leases.update_one(mine, update)).await?;
    // It may not be ours any more.
    found_and_changed(&updated, "the lease").map(drop)
}
