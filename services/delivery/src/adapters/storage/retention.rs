//! For how long it is kept who did what with deliveries.

use fdp_catalogue::retention::{DELIVERY_HISTORY, Retention};
use fdp_storage::retention::Rows;
use fdp_storage::rows_of_orders;

/// The tables of which old rows are removed.
pub const RETAINED: [(Retention, Rows); 1] = [(DELIVERY_HISTORY, rows_of_orders!("delivery_history"))];
