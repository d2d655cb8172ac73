-- Who delivers, and where he was last; unknown until someone says so.
ALTER TABLE deliveries
    ADD COLUMN rider_id   TEXT,
    ADD COLUMN latitude   DOUBLE PRECISION,
    ADD COLUMN longitude  DOUBLE PRECISION,
    ADD COLUMN located_at TIMESTAMPTZ;

CREATE INDEX deliveries_of_rider ON deliveries (rider_id, created_at DESC) WHERE rider_id IS NOT NULL;
