//! For how long orders are shown once they have ended.

use fdp_catalogue::retention::{ORDER_HISTORY, ORDER_VIEW, Retention};
use fdp_storage::retention::Rows;
use fdp_storage::rows_of_orders;

/// The tables of which old rows are removed.
pub const RETAINED: [(Retention, Rows); 2] = [
    (
        ORDER_VIEW,
        rows_of_orders!(
            "order_view",
            "AND snapshot->>'state' IN ('Delivered', 'Rejected', 'Cancelled')"
        ),
    ),
    (ORDER_HISTORY, rows_of_orders!("order_history")),
];
