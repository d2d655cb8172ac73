-- Every change of every order, as the order service announced it. Rows are only ever added, so that late and
-- repeated news do no harm.
CREATE TABLE order_history (
    order_id TEXT    NOT NULL,
    version  INTEGER NOT NULL,
    snapshot JSONB   NOT NULL,
    PRIMARY KEY (order_id, version)
);

-- The newest of them per order, for lists.
CREATE TABLE order_view (
    order_id    TEXT PRIMARY KEY,
    customer_id TEXT        NOT NULL,
    placed_at   TIMESTAMPTZ NOT NULL,
    version     INTEGER     NOT NULL,
    snapshot    JSONB       NOT NULL
);
CREATE INDEX order_view_by_customer ON order_view (customer_id, placed_at DESC, order_id DESC);

-- Products and their stock.
CREATE TABLE product (
    product_id   TEXT PRIMARY KEY,
    product_name TEXT        NOT NULL,
    stock        BIGINT      NOT NULL,
    changed_at   TIMESTAMPTZ NOT NULL
);
