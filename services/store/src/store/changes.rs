//! The changes of a store's tickets, in the order in which their transactions began.
//!
//! Transactions are numbered by the server, over all its databases. All below `xmin` have ended; from `xmax` on, none
//! has. A ticket that bears a number from `xmax` on was changed on another server, before the database was restored here
//! from a dump: that is settled, and no news.

use super::ticket;
use crate::app::Place;
use crate::domain::Ticket;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, PgPool, Row};

/// How many changes are read at once.
const BATCH: i64 = 200;

/// What has changed since a place.
#[derive(Debug)]
pub(crate) struct News {
    /// What nothing earlier can follow any more.
    pub(crate) settled: Vec<(Place, Ticket)>,
    /// Whether there is more, which a transaction under way may still overtake.
    pub(crate) some_have_to_wait: bool,
}

fn change(row: &PgRow) -> Result<(Place, Ticket), sqlx::Error> {
    let place = Place {
        transaction: row.try_get("changed_in")?,
        order_id: row.try_get("order_id")?,
    };
    Ok((place, ticket(row)?))
}

/// The changes of the store's tickets after `place`.
pub(crate) async fn after(pool: &PgPool, store_id: &str, place: &Place) -> Result<News, sqlx::Error> {
    let rows = sqlx::query(concat!(
        "SELECT ",
        ticket_columns!(),
        ", changed_in, changed_in < pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS settled FROM tickets \
         WHERE store_id = $1 AND changed_in >= $2 AND (changed_in > $2 OR order_id > $3) \
         AND changed_in < pg_snapshot_xmax(pg_current_snapshot())::text::bigint \
         ORDER BY changed_in, order_id LIMIT $4",
    ))
    .bind(store_id)
    .bind(place.transaction)
    .bind(&place.order_id)
    .bind(BATCH)
    .fetch_all(pool)
    .await?;
    let mut settled = Vec::with_capacity(rows.len());
    for row in &rows {
        if !row.try_get::<bool, _>("settled")? {
            break;
        }
        settled.push(change(row)?);
    }
    Ok(News {
        some_have_to_wait: settled.len() < rows.len(),
        settled,
    })
}

/// Where a watcher begins: at `place` if that is of this database's life, else now, with all that is under way.
pub(crate) async fn start(
    pool: &PgPool,
    store_id: &str,
    place: Option<Place>,
) -> Result<(Place, Vec<(Place, Ticket)>), sqlx::Error> {
    let mut transaction = fdp_kit::database::begin(pool).await?;
    // One snapshot for both questions.
    sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        .execute(&mut *transaction)
        .await?;
    let (settled, next) = horizon(&mut transaction).await?;
    // A place from before the database was restored from a dump lies in the future. The next transaction itself is
    // where everyone begins while none is under way.
    if let Some(place) = place.filter(|place| (0..=next).contains(&place.transaction)) {
        return Ok((place, Vec::new()));
    }
    let rows = sqlx::query(concat!(
        "SELECT ",
        ticket_columns!(),
        ", changed_in FROM tickets WHERE store_id = $1 AND (changed_in < $2 OR changed_in >= $3) \
         AND state IN ('Received', 'Accepted', 'CookingStarted') ORDER BY placed_at, order_id",
    ))
    .bind(store_id)
    .bind(settled)
    .bind(next)
    .fetch_all(&mut *transaction)
    .await?;
    let now = Place {
        transaction: settled,
        order_id: String::new(),
    };
    let mut under_way = rows.iter().map(change).collect::<Result<Vec<_>, _>>()?;
    // Who leaves in the middle of these starts anew; who has the last one has them all.
    for (place, _) in &mut under_way {
        *place = Place::nowhere();
    }
    if let Some((place, _)) = under_way.last_mut() {
        *place = now.clone();
    }
    Ok((now, under_way))
}

/// The lowest transaction under way, and the one after the last that has ended; the same if none is under way.
async fn horizon(connection: &mut PgConnection) -> Result<(i64, i64), sqlx::Error> {
    sqlx::query_as(
        "SELECT pg_snapshot_xmin(snapshot)::text::bigint, pg_snapshot_xmax(snapshot)::text::bigint \
         FROM pg_current_snapshot() AS snapshot",
    )
    .fetch_one(connection)
    .await
}
