//! For how long it is kept which orders are counted. What they were counted for is kept without them.

use fdp_catalogue::retention::{COUNTED_ORDERS, Retention};
use fdp_storage::retention::Rows;
use fdp_storage::rows_of_orders;

/// The tables of which old rows are removed.
pub const RETAINED: [(Retention, Rows); 1] = [(COUNTED_ORDERS, rows_of_orders!("counted_orders"))];
