-- The local outbox of messages to customers: one for each change of an order.
CREATE TABLE notifications (
    order_id    TEXT NOT NULL,
    version     BIGINT NOT NULL,
    customer_id TEXT NOT NULL,
    order_state TEXT NOT NULL,
    text_ko     TEXT NOT NULL,
    text_en     TEXT NOT NULL,
    sending     TEXT NOT NULL,
    created_at  TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (order_id, version)
);

CREATE INDEX notifications_of_customer ON notifications (customer_id, created_at DESC);
