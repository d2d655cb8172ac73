-- For how long the service that owns this database has been up, in all its replicas together. One row.
CREATE TABLE uptime (
    only_row  BOOLEAN PRIMARY KEY DEFAULT true CHECK (only_row),
    passed_ms BIGINT NOT NULL DEFAULT 0,
    seen_at   TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);
INSERT INTO uptime DEFAULT VALUES;

-- As the default of a column: since when a row waits, also one that a replica of an earlier release inserts.
CREATE FUNCTION uptime_now() RETURNS BIGINT LANGUAGE sql STABLE
    RETURN (SELECT passed_ms FROM uptime);
