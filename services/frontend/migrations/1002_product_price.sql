-- What inventory says that a product costs; where it says nothing, the shop's own price stands.
ALTER TABLE product ADD COLUMN unit_price BIGINT;
