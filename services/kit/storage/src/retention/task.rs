//! The task that removes old rows of all tables of a service, in rounds.

use super::retained::{Retained, RetentionError};
use fdp_catalogue::retention::{Retention, RetentionDays};
use fdp_runtime::Health;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How many rows one batch removes.
const BATCH: u32 = 1_000;
/// The pause between two batches of one table.
const PAUSE: Duration = Duration::from_millis(100);
/// The time between two rounds.
const BETWEEN_ROUNDS: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// The rows of a table, and for how long they are kept.
#[derive(Clone)]
pub struct Kept {
    table: &'static str,
    age: Duration,
    rows: Arc<dyn Retained>,
}

impl Kept {
    /// `rows` of the table of `retention` are kept for as many days as `days` says.
    pub fn new(retention: &Retention, days: &RetentionDays, rows: Arc<dyn Retained>) -> Self {
        Self {
            table: retention.table,
            age: DAY * days.of(retention),
            rows,
        }
    }

    /// Removes all rows that are old enough now, batch after batch; returns how many.
    ///
    /// # Errors
    /// When the data store fails; some of the rows may be removed then.
    pub async fn remove_old(&self) -> Result<u64, RetentionError> {
        let mut all = 0;
        loop {
            let removed = self.rows.remove(self.age, BATCH).await?;
            metrics::counter!("retention_removed_total", "table" => self.table).increment(removed);
            all += removed;
            if removed < u64::from(BATCH) {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        let oldest = self.rows.oldest().await?.unwrap_or_default();
        metrics::gauge!("retention_oldest_seconds", "table" => self.table).set(oldest.as_secs_f64());
        Ok(all)
    }
}

/// Removes old rows of all tables once an hour, until stopped.
pub async fn run(kept: Vec<Kept>, health: Health, stop: CancellationToken) {
    let work = async {
        loop {
            // Until the first migration, there are no tables.
            health.until_tasks_may_run().await;
            for kept in &kept {
                let table = kept.table;
                match kept.remove_old().await {
                    Ok(0) => {}
                    Ok(rows) => tracing::info!(table, rows, "old rows were removed"),
                    Err(error) => tracing::warn!(table, %error, "removing old rows has to wait"),
                }
            }
            tokio::time::sleep(BETWEEN_ROUNDS).await;
        }
    };
    stop.run_until_cancelled(work).await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_trait::async_trait;
    use fdp_catalogue::retention::RECIPIENTS;
    use std::sync::Mutex;

    /// So many old rows, and the age and the size of each batch that was asked for.
    struct Pile {
        left: Mutex<u64>,
        asked: Mutex<Vec<(Duration, u32)>>,
    }

    #[async_trait]
    impl Retained for Pile {
        async fn remove(&self, age: Duration, most: u32) -> Result<u64, RetentionError> {
            self.asked.lock().unwrap().push((age, most));
            let mut left = self.left.lock().unwrap();
            let removed = (*left).min(most.into());
            *left -= removed;
            Ok(removed)
        }

        async fn oldest(&self) -> Result<Option<Duration>, RetentionError> {
            Ok(None)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_round_removes_everything_in_batches_with_pauses() {
        let pile = Arc::new(Pile {
            left: Mutex::new(2_500),
            asked: Mutex::default(),
        });
        let kept = Kept::new(&RECIPIENTS, &"recipients=7".parse().unwrap(), pile.clone());
        let began = tokio::time::Instant::now();
        assert_eq!(kept.remove_old().await.unwrap(), 2_500);
        assert_eq!(*pile.asked.lock().unwrap(), [(DAY * 7, BATCH); 3]);
        assert_eq!(began.elapsed(), PAUSE * 2);
        assert_eq!(kept.remove_old().await.unwrap(), 0);
    }
}
