-- What one costs, in won; unknown for products that were registered without a price.
ALTER TABLE products ADD COLUMN unit_price BIGINT CHECK (unit_price >= 0);

-- Deliveries of new stock that came with a key, so that the same one sent twice is added once.
CREATE TABLE restocks (
    product_id   TEXT COLLATE "C" NOT NULL REFERENCES products,
    key          TEXT NOT NULL,
    qty          BIGINT NOT NULL,
    restocked_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (product_id, key)
);
