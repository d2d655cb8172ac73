//! The id and the time of the order that all examples in the documents use.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// The UUID in all ids: that of an order placed at [`NOON`].
pub(crate) const ID: Uuid = Uuid::from_u128(0x019a_ab6f_7600_7068_91eb_4b64_2e6b_1b9f);
/// 2025-11-22 12:00 UTC, in seconds since 1970.
const NOON: i64 = 1_763_812_800;

pub(crate) fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(NOON + seconds, 0).unwrap_or_default()
}
