//! For how long it is kept who did what with tickets.

use fdp_catalogue::retention::{Retention, TICKET_HISTORY};
use fdp_storage::retention::Rows;
use fdp_storage::rows_of_orders;

/// The tables of which old rows are removed.
pub const RETAINED: [(Retention, Rows); 1] = [(TICKET_HISTORY, rows_of_orders!("ticket_history"))];
