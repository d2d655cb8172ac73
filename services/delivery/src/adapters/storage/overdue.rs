//! Finds the deliveries whose rider keeps them waiting for too long.

use super::row::{delivery, select};
use crate::domain::{Delivery, Waited};
use fdp_contracts::OrderId;
use sqlx::Row as _;
use sqlx::postgres::{PgConnection, PgRow};
use std::collections::HashMap;
use std::time::Duration;

/// Locks at most `limit` deliveries whose food has waited for its rider for long enough, or whose rider was silent for
/// `silent_limit`; those that another transaction has locked are left to it. Also returns how long they have waited.
pub(super) async fn lock(
    connection: &mut PgConnection,
    silent_limit: Duration,
    limit: u32,
) -> Result<(Vec<Delivery>, HashMap<OrderId, Waited>), sqlx::Error> {
    let overdue: Vec<(Delivery, Waited)> = sqlx::query(select!(
        ", uptime_now() - to_leave_since_ms AS to_leave_ms, \
         uptime_now() - greatest(heard_ms, (SELECT riders.heard_ms FROM riders \
         WHERE riders.rider_id = deliveries.rider_id)) AS silent_ms",
        "WHERE rider_id IS NOT NULL AND state IN ('Requested', 'Ready') \
         AND (to_leave_since_ms + pick_up_within_minutes * 60000 <= uptime_now() \
         OR greatest(heard_ms, (SELECT riders.heard_ms FROM riders \
         WHERE riders.rider_id = deliveries.rider_id)) + $1 <= uptime_now()) \
         ORDER BY order_id LIMIT $2 FOR UPDATE SKIP LOCKED"
    ))
    .bind(i64::try_from(silent_limit.as_millis()).unwrap_or(i64::MAX / 2))
    .bind(i64::from(limit))
    .try_map(|row| Ok((delivery(&row)?, waited(&row)?)))
    .fetch_all(connection)
    .await?;
    let waited = overdue
        .iter()
        .map(|(delivery, waited)| (delivery.parcel.order_id, *waited));
    let waited = waited.collect();
    let overdue = overdue.into_iter().map(|(delivery, _)| delivery);
    Ok((overdue.collect(), waited))
}

fn waited(row: &PgRow) -> Result<Waited, sqlx::Error> {
    let duration = |column: &str| -> Result<Option<Duration>, sqlx::Error> {
        let milliseconds: Option<i64> = row.try_get(column)?;
        Ok(milliseconds.map(|it| Duration::from_millis(it.try_into().unwrap_or_default())))
    };
    Ok(Waited {
        to_leave: duration("to_leave_ms")?,
        silent: duration("silent_ms")?.unwrap_or_default(),
    })
}
