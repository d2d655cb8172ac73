-- In a transaction of its own: one that has changed the table keeps even readers out until it ends.
CREATE INDEX deliveries_of_rider ON deliveries (rider_id, created_at DESC) WHERE rider_id IS NOT NULL;
