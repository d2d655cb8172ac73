CREATE TABLE deliveries (
    order_id    TEXT PRIMARY KEY,
    delivery_id TEXT NOT NULL UNIQUE,
    customer_id TEXT NOT NULL,
    store_id    TEXT NOT NULL,
    state       TEXT NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    changed_at  TIMESTAMPTZ NOT NULL
);

CREATE INDEX deliveries_newest ON deliveries (created_at DESC);
-- For the rider that acts by itself: few deliveries are under way at a time.
CREATE INDEX deliveries_under_way ON deliveries (changed_at) WHERE state IN ('Ready', 'Started');
