-- What an order's diary has taken note of.
CREATE TABLE diaries (
    order_id UUID PRIMARY KEY,
    states   TEXT NOT NULL
);
