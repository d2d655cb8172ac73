//! What events do in PostgreSQL: orders react, and prices are written down.

use super::OrderTable;
use crate::consumer::{PRICES, Price, Reports, price};
use crate::domain::Order;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use fdp_contracts::{Event, OrderId};
use fdp_kit::Incoming;
use fdp_kit::inbox::{EventHandler, Reacting, Slot};
use sqlx::postgres::PgConnection;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Everything that the order service listens to.
#[derive(Debug)]
pub struct Listening(Reacting<OrderTable, Reports>);

impl Default for Listening {
    fn default() -> Self {
        Self(Reacting::new(Reports))
    }
}

/// What a batch of events affects.
#[derive(Debug)]
pub struct Affected {
    orders: BTreeMap<OrderId, Slot<Order>>,
    prices: BTreeMap<String, Price>,
}

#[async_trait]
impl EventHandler for Listening {
    type Affected = Affected;

    fn concerns(&self, kind: &str) -> bool {
        kind == PRICES || self.0.concerns(kind)
    }

    async fn load(
        &self,
        connection: &mut PgConnection,
        events: &[Incoming],
    ) -> Result<Affected, sqlx::Error> {
        Ok(Affected {
            orders: self.0.load(connection, events).await?,
            prices: BTreeMap::new(),
        })
    }

    fn react(
        &self,
        affected: &mut Affected,
        incoming: &Incoming,
        now: DateTime<Utc>,
    ) -> Result<Vec<Event>, String> {
        let Some(price) = price(&incoming.event) else {
            return self.0.react(&mut affected.orders, incoming, now);
        };
        // Within a batch, too, the newest counts and not the last.
        match affected.prices.entry(price.product_id.clone()) {
            Entry::Occupied(known) if known.get().since > price.since => {}
            place => {
                place.insert_entry(price);
            }
        }
        Ok(Vec::new())
    }

    async fn save(&self, connection: &mut PgConnection, affected: Affected) -> Result<bool, sqlx::Error> {
        if !affected.prices.is_empty() {
            save_prices(connection, affected.prices.into_values()).await?;
        }
        self.0.save(connection, affected.orders).await
    }
}

/// Also a price that stays the same is written: it is true for longer, so that older news cannot undo it.
async fn save_prices(
    connection: &mut PgConnection,
    prices: impl Iterator<Item = Price>,
) -> Result<(), sqlx::Error> {
    let (mut product_ids, mut unit_prices, mut since) = (Vec::new(), Vec::new(), Vec::new());
    for price in prices {
        product_ids.push(price.product_id);
        // A price that the database cannot hold is one that no order can have either.
        unit_prices.push(price.unit_price.and_then(|price| i64::try_from(price).ok()));
        since.push(price.since);
    }
    sqlx::query(
        "INSERT INTO prices AS known (product_id, unit_price, since) \
         SELECT * FROM unnest($1::text[], $2::bigint[], $3::timestamptz[]) \
         ON CONFLICT (product_id) DO UPDATE SET unit_price = excluded.unit_price, since = excluded.since \
         WHERE known.since < excluded.since",
    )
    .bind(&product_ids)
    .bind(&unit_prices)
    .bind(&since)
    .execute(connection)
    .await?;
    Ok(())
}
