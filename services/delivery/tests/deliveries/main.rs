//! Tests deliveries through events and HTTP, in a real database.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, its helpers included"
)]

mod autopilot;
mod deadlines;
mod events;
mod history;
mod limit;
mod offers;
mod reading;
mod riders;
mod service;
mod upgrade;

use delivery::adapters::storage::MIGRATIONS;

#[test]
fn no_migration_locks_a_table_while_it_builds_an_index() {
    for migration in MIGRATIONS.iter() {
        let sql = migration.sql.as_str();
        assert!(
            !(sql.contains("ALTER TABLE") && sql.contains("CREATE INDEX")),
            "{} locks a table and then builds an index in the same transaction",
            migration.description
        );
    }
}
