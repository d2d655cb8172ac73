-- One row per order, whatever becomes of it: the primary key is what keeps a second payment out.
CREATE TABLE payments (
    order_id    UUID PRIMARY KEY,
    payment_id  UUID NOT NULL UNIQUE,
    customer_id TEXT,
    amount      BIGINT NOT NULL CHECK (amount >= 0),
    state       TEXT NOT NULL CHECK (state IN ('Approved', 'Refunded', 'Voided')),
    changed_at  TIMESTAMPTZ NOT NULL
);
