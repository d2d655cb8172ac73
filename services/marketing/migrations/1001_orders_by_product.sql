-- Which orders are counted, so that each counts once. A withdrawn order that was never counted had ended
-- before its placing was heard of, and never will be.
CREATE TABLE counted_orders (
    order_id  TEXT PRIMARY KEY,
    withdrawn BOOLEAN NOT NULL
);

-- How many orders of a customer have named a product. Dishes have no product id: their name is their key.
CREATE TABLE orders_by_product (
    customer_id  TEXT NOT NULL,
    product_key  TEXT COLLATE "C" NOT NULL,
    product_id   TEXT,
    product_name TEXT NOT NULL,
    orders       BIGINT NOT NULL,
    PRIMARY KEY (customer_id, product_key)
);
