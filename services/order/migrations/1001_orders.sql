-- Each order is one document; the columns beside it are what it is looked up by.
CREATE TABLE orders (
    order_id    UUID PRIMARY KEY,
    customer_id TEXT NOT NULL,
    document    JSONB NOT NULL
);
-- Order ids sort by time.
CREATE INDEX orders_by_customer ON orders (customer_id, order_id DESC);

-- An order that is being paid. It becomes an order (and the intent goes) or is settled: pay is told to give the
-- money back. An abandoned intent can only be settled.
CREATE TABLE payment_intents (
    order_id    UUID PRIMARY KEY,
    customer_id TEXT NOT NULL,
    amount      BIGINT NOT NULL,
    abandoned   BOOLEAN NOT NULL DEFAULT false,
    -- Until then somebody is at work on it.
    lease_until TIMESTAMPTZ NOT NULL
);
CREATE INDEX payment_intents_by_lease ON payment_intents (lease_until);

-- What was asked for under an Idempotency-Key, and the order that came (or comes) of it.
CREATE TABLE idempotency_keys (
    key      TEXT PRIMARY KEY,
    wish     JSONB NOT NULL,
    order_id UUID NOT NULL,
    used_at  TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (used_at);
