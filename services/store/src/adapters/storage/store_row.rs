//! One row of the table `stores`.

use crate::domain::{Opening, OrderTerms, Store, TimeLimits};
use chrono::NaiveTime;
use fdp_contracts::{Hours, USUAL_TIME_ZONE};
use fdp_storage::rows::unsigned;
use sqlx::Row as _;
use sqlx::postgres::PgRow;

/// A query of stores, with `more` columns if given.
macro_rules! select {
    ($which:literal) => {
        crate::adapters::storage::store_row::select!("", $which)
    };
    ($more:literal, $which:literal) => {
        concat!(
            "SELECT store_id, name, is_open, opens_at, closes_at, time_zone, minimum_order, delivery_fee, paused_until, \
             accept_within_minutes, pick_up_within_minutes",
            $more,
            " FROM stores ",
            $which
        )
    };
}
pub(super) use select;

/// The store in a row.
pub(super) fn store(row: &PgRow) -> Result<Store, sqlx::Error> {
    let opens_at: Option<NaiveTime> = row.try_get("opens_at")?;
    let closes_at: Option<NaiveTime> = row.try_get("closes_at")?;
    let time_zone: &str = row.try_get("time_zone")?;
    let hours = opens_at.zip(closes_at).map(|(opens_at, closes_at)| Hours {
        opens_at,
        closes_at,
        // Names are checked when they are set; one that this version does not know comes from a later release.
        time_zone: time_zone.parse().unwrap_or(USUAL_TIME_ZONE),
    });
    Ok(Store {
        store_id: row.try_get("store_id")?,
        name: row.try_get("name")?,
        opening: Opening {
            is_open: row.try_get("is_open")?,
            hours,
        },
        terms: OrderTerms {
            minimum_order: unsigned(row, "minimum_order")?,
            delivery_fee: unsigned(row, "delivery_fee")?,
            paused_until: row.try_get("paused_until")?,
        },
        time_limits: TimeLimits {
            accept_within_minutes: unsigned(row, "accept_within_minutes")?,
            pick_up_within_minutes: unsigned(row, "pick_up_within_minutes")?,
        },
    })
}
