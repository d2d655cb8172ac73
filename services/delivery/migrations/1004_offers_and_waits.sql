-- Since when riders may take a delivery on, and for how many minutes its food may wait for its rider. And, as readings of
-- uptime_now(): since when the food has waited for its rider, and when the rider was last heard of about this delivery.
ALTER TABLE deliveries
    ADD COLUMN offered_at             TIMESTAMPTZ,
    ADD COLUMN pick_up_within_minutes BIGINT NOT NULL DEFAULT 15,
    ADD COLUMN to_leave_since_ms      BIGINT,
    ADD COLUMN heard_ms               BIGINT;

-- A trigger, because replicas of an earlier release change deliveries too for a while: what they do not offer while it is
-- cooked is offered once it is ready, and their riders have deadlines as well.
CREATE FUNCTION delivery_waits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.offered_at IS NULL AND NEW.state IN ('Ready', 'Departing', 'Started') THEN
        NEW.offered_at := NEW.changed_at;
    END IF;
    IF NEW.rider_id IS NULL THEN
        NEW.to_leave_since_ms := NULL;
        NEW.heard_ms := NULL;
        RETURN NEW;
    END IF;
    IF NEW.state <> 'Ready' THEN
        NEW.to_leave_since_ms := NULL;
    ELSIF NEW.to_leave_since_ms IS NULL OR NEW.rider_id IS DISTINCT FROM OLD.rider_id THEN
        NEW.to_leave_since_ms := uptime_now();
    END IF;
    IF NEW.heard_ms IS NULL OR NEW.rider_id IS DISTINCT FROM OLD.rider_id
        OR NEW.located_at IS DISTINCT FROM OLD.located_at THEN
        NEW.heard_ms := uptime_now();
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER delivery_waits BEFORE INSERT OR UPDATE ON deliveries
    FOR EACH ROW EXECUTE FUNCTION delivery_waits();
