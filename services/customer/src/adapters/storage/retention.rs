//! For how long messages are kept. One that is still to be sent is kept for longer.

use fdp_catalogue::retention::{NOTIFICATIONS, Retention};
use fdp_storage::retention::Rows;

/// The tables of which old rows are removed.
pub const RETAINED: [(Retention, Rows); 1] = [(
    NOTIFICATIONS,
    Rows {
        remove: "DELETE FROM notifications WHERE ctid = ANY (ARRAY (SELECT ctid FROM notifications \
                 WHERE created_at < now() - make_interval(secs => $1) AND sending NOT IN ('Pending', 'Sending') \
                 ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED))",
        oldest: "SELECT extract(epoch FROM now() - created_at)::float8 FROM notifications ORDER BY created_at LIMIT 1",
    },
)];
