CREATE TABLE stores (
    store_id TEXT PRIMARY KEY,
    name     TEXT NOT NULL
);

INSERT INTO stores (store_id, name) VALUES ('1', '우리동네 통닭');

-- A ticket may name a store that is not registered: the order stands, and so does its ticket.
CREATE TABLE tickets (
    order_id    TEXT PRIMARY KEY,
    store_id    TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    lines       JSONB NOT NULL,
    amount      BIGINT NOT NULL,
    state       TEXT NOT NULL,
    reason      TEXT,
    notified_at TIMESTAMPTZ,
    placed_at   TIMESTAMPTZ NOT NULL,
    changed_at  TIMESTAMPTZ NOT NULL
);

CREATE INDEX tickets_of_store ON tickets (store_id, placed_at DESC);
-- For the store that acts by itself: few tickets are under way at a time.
CREATE INDEX tickets_under_way ON tickets (changed_at) WHERE state IN ('Received', 'Accepted', 'CookingStarted');
