-- Who delivers, and where he was last; unknown until someone says so.
ALTER TABLE deliveries
    ADD COLUMN rider_id   TEXT,
    ADD COLUMN latitude   DOUBLE PRECISION,
    ADD COLUMN longitude  DOUBLE PRECISION,
    ADD COLUMN located_at TIMESTAMPTZ;
