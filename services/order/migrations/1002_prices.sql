-- What products cost, as the inventory tells; NULL is a product whose price was taken away.
CREATE TABLE prices (
    product_id TEXT PRIMARY KEY,
    unit_price BIGINT,
    since      TIMESTAMPTZ NOT NULL
);
