-- Who did what with a ticket, when and why; written together with the change.
CREATE TABLE ticket_history (
    order_id TEXT NOT NULL,
    entry    BIGINT GENERATED ALWAYS AS IDENTITY,
    at       TIMESTAMPTZ NOT NULL,
    what     TEXT NOT NULL,
    by       TEXT NOT NULL,
    reason   TEXT,
    PRIMARY KEY (order_id, entry)
);
