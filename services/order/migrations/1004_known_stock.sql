-- How many of a product were left when the inventory last told; NULL until it has told again since this column is there.
ALTER TABLE prices ADD COLUMN stock BIGINT;
