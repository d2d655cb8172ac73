-- Other services hear of stores and their menus. The version grows with each change, whoever makes it: replicas of an
-- earlier release run beside those of this one for a while. A version that was not announced yet is due.
ALTER TABLE stores
    ADD COLUMN version    BIGINT      NOT NULL DEFAULT 1,
    ADD COLUMN announced  BIGINT      NOT NULL DEFAULT 0,
    ADD COLUMN changed_at TIMESTAMPTZ NOT NULL DEFAULT now();

CREATE FUNCTION store_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.version := OLD.version + 1;
    NEW.changed_at := now();
    RETURN NEW;
END
$$;
CREATE TRIGGER store_changes BEFORE UPDATE OF name, is_open, opens_at, closes_at ON stores
    FOR EACH ROW EXECUTE FUNCTION store_changes();

CREATE FUNCTION menu_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE stores SET version = version + 1, changed_at = now()
    WHERE store_id IN (SELECT store_id FROM changed);
    RETURN NULL;
END
$$;
CREATE TRIGGER menu_grows AFTER INSERT ON menu_items REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION menu_changes();
CREATE TRIGGER menu_changes AFTER UPDATE ON menu_items REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION menu_changes();
CREATE TRIGGER menu_shrinks AFTER DELETE ON menu_items REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION menu_changes();

-- Dishes are ordered by their names in either language. The shop has a picture for each of the first store's.
ALTER TABLE menu_items
    ADD COLUMN name_in_english        TEXT,
    ADD COLUMN description            TEXT,
    ADD COLUMN description_in_english TEXT,
    ADD COLUMN picture                TEXT;
UPDATE menu_items SET
    name_in_english = told.english, description = told.description, description_in_english = told.description_in_english,
    picture = told.item_id
FROM (VALUES
    ('chicken', '통닭', 'Whole fried chicken', '가마솥에 통째로 튀긴 닭', 'Fried whole in an iron pot'),
    ('bibimbap', '비빔밥', 'Bibimbap', '다섯 가지 나물과 반숙 달걀', 'Rice, five vegetables and a soft egg'),
    ('tteokbokki', '떡볶이', 'Tteokbokki', '매콤달콤한 쌀떡', 'Rice cakes in a sweet and hot sauce'),
    ('kimchi-jjigae', '김치찌개', 'Kimchi stew', '묵은지와 돼지고기, 두부', 'Aged kimchi, pork and tofu'),
    ('pajeon', '해물파전', 'Seafood pancake', '바삭하게 부친 쪽파와 오징어', 'Crisp, with scallions and squid'),
    ('mandu', '왕만두', 'Dumplings', '손으로 빚은 만두 여섯 개', 'Six, folded by hand')
) AS told (item_id, korean, english, description, description_in_english)
WHERE menu_items.store_id = '1' AND menu_items.item_id = told.item_id AND menu_items.name = told.korean;

INSERT INTO stores (store_id, name) VALUES ('2', '동네 피자') ON CONFLICT DO NOTHING;
INSERT INTO menu_items (store_id, item_id, place, name, name_in_english, price, available)
SELECT '2', item_id, place, name, english, price, true
FROM (VALUES ('pizza', 0, '피자', 'Pizza', 20000), ('chicken', 1, '통닭', 'Chicken', 17000),
             ('pasta', 2, '파스타', 'Pasta', 14000)) AS item (item_id, place, name, english, price)
WHERE NOT EXISTS (SELECT 1 FROM menu_items WHERE store_id = '2');
