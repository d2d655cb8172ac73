-- What stores offer, as they have told; of two versions of a store the higher one counts.
CREATE TABLE stores (
    store_id TEXT PRIMARY KEY,
    version  BIGINT NOT NULL,
    snapshot JSONB  NOT NULL
);

-- What products are called and which store sells them, as the inventory tells; NULL until it has told again since these columns
-- are there.
ALTER TABLE prices
    ADD COLUMN name     TEXT,
    ADD COLUMN store_id TEXT;
