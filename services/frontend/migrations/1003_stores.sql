-- What stores offer, as they have told; of two versions of a store the higher one counts.
CREATE TABLE stores (
    store_id TEXT PRIMARY KEY,
    version  BIGINT NOT NULL,
    snapshot JSONB  NOT NULL
);

-- The store that sells a product; all of those before belonged to the first one.
ALTER TABLE product ADD COLUMN store_id TEXT NOT NULL DEFAULT '1';
