//! Removes old rows: each table is kept for so many days, and a few rows at a time are removed beside everything else.
//!
//! Every replica runs the same task; two that remove from one table at once take different rows. A batch is one short statement
//! that follows an index, and between batches there is a pause, so that whoever writes to the table does not notice. A replica
//! that is killed leaves no trace: what it has not removed is removed by the next round.

mod postgres;
mod retained;
mod task;

pub use postgres::{INBOX, PgRows, Rows, rows_of_orders};
pub use retained::{Retained, RetentionError};
pub use task::{Kept, run};
