-- Ids sort by their bytes, as they do in the program, so that everyone locks products in the same order.
CREATE TABLE products (
    product_id   TEXT COLLATE "C" PRIMARY KEY,
    product_name TEXT NOT NULL,
    stock        BIGINT NOT NULL CHECK (stock >= 0),
    changed_at   TIMESTAMPTZ NOT NULL
);

-- What each order holds, held or was refused. A row with the outcome Cancelled and no lines taken is an
-- order that ended before its placing was heard of: it must never take stock.
CREATE TABLE reservations (
    order_id   TEXT PRIMARY KEY,
    lines      JSONB NOT NULL,
    outcome    TEXT NOT NULL CHECK (outcome IN ('Taken', 'Short', 'Returned', 'Cancelled')),
    reason     TEXT,
    changed_at TIMESTAMPTZ NOT NULL
);
