-- When a store takes orders. Without hours it is the owner's switch alone that counts.
ALTER TABLE stores
    ADD COLUMN is_open    BOOLEAN NOT NULL DEFAULT true,
    ADD COLUMN opens_at   TIME,
    ADD COLUMN closes_at  TIME,
    ADD CHECK ((opens_at IS NULL) = (closes_at IS NULL));

CREATE TABLE menu_items (
    store_id  TEXT NOT NULL REFERENCES stores ON DELETE CASCADE,
    item_id   TEXT NOT NULL,
    place     INTEGER NOT NULL,
    name      TEXT NOT NULL,
    price     BIGINT NOT NULL CHECK (price >= 0),
    available BOOLEAN NOT NULL,
    PRIMARY KEY (store_id, item_id)
);

INSERT INTO menu_items (store_id, item_id, place, name, price, available)
VALUES ('1', 'chicken', 0, '통닭', 18000, true),
       ('1', 'bibimbap', 1, '비빔밥', 10000, true),
       ('1', 'tteokbokki', 2, '떡볶이', 7000, true),
       ('1', 'kimchi-jjigae', 3, '김치찌개', 9500, true),
       ('1', 'pajeon', 4, '해물파전', 13000, true),
       ('1', 'mandu', 5, '왕만두', 8000, true);

-- When the rider got the food, and the number of the transaction that changed the ticket last: owners who watch
-- their tickets are told of changes in the order of these.
ALTER TABLE tickets
    ADD COLUMN handed_over_at TIMESTAMPTZ,
    ADD COLUMN changed_in     BIGINT NOT NULL DEFAULT 0;
ALTER TABLE tickets ALTER COLUMN changed_in SET DEFAULT pg_current_xact_id()::text::bigint;
