-- Who did what with a delivery, when and why. It begins with this release.
CREATE TABLE delivery_history (
    order_id TEXT NOT NULL,
    entry_id BIGINT GENERATED ALWAYS AS IDENTITY,
    at       TIMESTAMPTZ NOT NULL,
    what     TEXT NOT NULL,
    by       TEXT NOT NULL,
    rider_id TEXT,
    reason   TEXT,
    PRIMARY KEY (order_id, entry_id)
);

-- When a rider last told anything, as a reading of uptime_now().
CREATE TABLE riders (
    rider_id TEXT PRIMARY KEY,
    heard_ms BIGINT NOT NULL
);
