-- For how long an order may wait for the store, and the food for its rider.
ALTER TABLE stores
    ADD COLUMN accept_within_minutes  BIGINT NOT NULL DEFAULT 15 CHECK (accept_within_minutes BETWEEN 1 AND 1440),
    ADD COLUMN pick_up_within_minutes BIGINT NOT NULL DEFAULT 15 CHECK (pick_up_within_minutes BETWEEN 1 AND 1440);
