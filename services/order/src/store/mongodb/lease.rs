//! The lease of the one relay: a document that its holder keeps beating, and that passes on when it stops.
//!
//! Nobody compares clocks: who wants the lease watches the beat, and takes over when it has stood still for long
//! enough by the watcher's own clock. Each holder has a term of its own, so that a former one finds out.

use super::connection::{in_time, is_duplicate};
use crate::app::ports::StoreError;
use fdp_kit::Check;
use mongodb::bson::{Bson, Document, doc};
use mongodb::{Collection, Database};
use serde::Deserialize;
use std::time::Duration;
use tokio::time::Instant;

const COLLECTION: &str = "leases";
const NAME: &str = "relay";
/// How often the holder shows that it lives.
const BEAT: Duration = Duration::from_millis(500);
/// How long the beat stands still before another replica takes over.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often a replica without the lease looks.
const LOOK: Duration = Duration::from_millis(250);

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct LeaseDocument {
    /// None when it was given back.
    holder: Option<String>,
    term: i64,
    beat: i64,
}

/// The lease, as its holder has it.
#[derive(Debug)]
pub(super) struct Lease {
    leases: Collection<Document>,
    term: i64,
    beaten: Instant,
}

impl Lease {
    /// Waits until `holder` has the lease; `check` shows that it waits. Who has it already, from before something went
    /// wrong, begins a new term at once.
    pub(super) async fn acquire(
        database: &Database,
        holder: &str,
        check: &Check,
    ) -> Result<Self, StoreError> {
        let leases = database.collection::<Document>(COLLECTION);
        let mut seen: Option<(LeaseDocument, Instant)> = None;
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
                    let since = match &seen {
                        Some((before, since)) if *before == lease => *since,
                        _ => Instant::now(),
                    };
                    let is_free = lease.holder.as_deref().is_none_or(|other| other == holder);
                    if (is_free || since.elapsed() >= PATIENCE)
                        && let Some(taken) = take_over(&leases, holder, &lease).await?
                    {
                        return Ok(taken);
                    }
                    check.failing("another replica relays");
                    seen = Some((lease, since));
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Whether the caller still has the lease; beats when that is due. After a pause of the process it always asks.
    pub(super) async fn holds(&mut self) -> Result<bool, StoreError> {
        if self.beaten.elapsed() < BEAT {
            return Ok(true);
        }
        let beaten = Instant::now();
        let mine = doc! {"_id": NAME, "term": self.term};
        let updated = in_time(self.leases.update_one(mine, doc! {"$inc": {"beat": 1_i64}})).await?;
        self.beaten = beaten;
        Ok(updated.matched_count == 1)
    }
}

async fn take_over(
    leases: &Collection<Document>,
    holder: &str,
    seen: &LeaseDocument,
) -> Result<Option<Lease>, StoreError> {
    let beaten = Instant::now();
    let unchanged = doc! {"_id": NAME, "term": seen.term, "beat": seen.beat};
    let update = doc! {"$set": {"holder": holder}, "$inc": {"term": 1_i64, "beat": 1_i64}};
    let updated = in_time(leases.update_one(unchanged, update)).await?;
    Ok((updated.matched_count == 1).then(|| Lease {
        leases: leases.clone(),
        term: seen.term + 1,
        beaten,
    }))
}

/// Gives the lease back, if `holder` has it, so that another replica takes it at once.
pub(super) async fn give_back(database: &Database, holder: &str) -> Result<(), StoreError> {
    let leases = database.collection::<Document>(COLLECTION);
    let mine = doc! {"_id": NAME, "holder": holder};
    let update = doc! {"$set": {"holder": Bson::Null}, "$inc": {"term": 1_i64}};
    in_time(leases.update_one(mine, update)).await?;
    Ok(())
}
