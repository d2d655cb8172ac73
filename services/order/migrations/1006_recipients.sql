-- Whom orders go to, and where: a record of its own, so that it can be forgotten while its order is kept.
CREATE TABLE recipients (
    order_id UUID PRIMARY KEY,
    name     TEXT NOT NULL,
    address  TEXT NOT NULL,
    phone    TEXT NOT NULL,
    note     TEXT,
    kept_at  TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE INDEX recipients_by_age ON recipients (kept_at);
