-- Whose time the opening hours are, by the database of IANA.
ALTER TABLE stores ADD COLUMN time_zone TEXT NOT NULL DEFAULT 'Asia/Seoul';

CREATE TRIGGER time_zone_changes BEFORE UPDATE OF time_zone ON stores
    FOR EACH ROW EXECUTE FUNCTION store_changes();
