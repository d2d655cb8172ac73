-- What an order has to come to at least, what its delivery costs, and until when the owner takes none or an item is sold out.
ALTER TABLE stores
    ADD COLUMN minimum_order BIGINT NOT NULL DEFAULT 0 CHECK (minimum_order >= 0),
    ADD COLUMN delivery_fee  BIGINT NOT NULL DEFAULT 0 CHECK (delivery_fee >= 0),
    ADD COLUMN paused_until  TIMESTAMPTZ;
ALTER TABLE menu_items ADD COLUMN sold_out_until TIMESTAMPTZ;

CREATE TRIGGER terms_change BEFORE UPDATE OF minimum_order, delivery_fee, paused_until ON stores
    FOR EACH ROW EXECUTE FUNCTION store_changes();
