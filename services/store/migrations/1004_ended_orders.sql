-- When the store heard that the order of food that is cooked already has ended: nobody comes for it any more.
ALTER TABLE tickets ADD COLUMN order_ended_at TIMESTAMPTZ;
