-- In a transaction of its own: one that has changed the table keeps even readers out until it ends.
CREATE INDEX tickets_changes ON tickets (store_id, changed_in);
