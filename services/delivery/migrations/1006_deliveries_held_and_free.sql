-- What riders have and may take on: few deliveries are under way at a time.
CREATE INDEX deliveries_held ON deliveries (rider_id)
    WHERE rider_id IS NOT NULL AND state IN ('Requested', 'Ready', 'Departing', 'Started');
CREATE INDEX deliveries_free ON deliveries (created_at DESC)
    WHERE rider_id IS NULL AND offered_at IS NOT NULL AND state IN ('Requested', 'Ready', 'Departing', 'Started');
