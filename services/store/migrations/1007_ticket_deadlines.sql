-- Until when the store has to accept a new ticket: a reading of the clock of the service's uptime. Tickets that are there
-- already begin to wait now; this is computed once, so that no row is rewritten.
ALTER TABLE tickets ADD COLUMN accept_by BIGINT NOT NULL DEFAULT uptime_now() + 15 * 60000;

-- By the database, because replicas of an earlier release insert tickets too while they run beside those of this one.
CREATE FUNCTION ticket_deadline() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.accept_by := uptime_now() + 60000 * coalesce(
        (SELECT accept_within_minutes FROM stores WHERE stores.store_id = NEW.store_id), 15);
    RETURN NEW;
END
$$;
CREATE TRIGGER ticket_deadline BEFORE INSERT ON tickets FOR EACH ROW EXECUTE FUNCTION ticket_deadline();
