-- The products of one store, in the order of their ids.
CREATE INDEX products_by_store ON products (store_id, product_id);
