-- An order whose customer has yet to pay at a provider. Columns of the intent, as whoever places it or gives it up takes the
-- intent's row: one of the two only. Replicas of the last release leave such an intent alone until its lease ends, and void it then.
ALTER TABLE payment_intents
    -- What becomes an order once it is paid, and where and until when its customer pays; NULL while pay is asked.
    ADD COLUMN awaiting JSONB,
    -- Pay has told that it is paid, before its answer to whoever asks was recorded.
    ADD COLUMN told_paid BOOLEAN NOT NULL DEFAULT false,
    -- Its payment is voided; it is kept until lease_until for those who ask what has become of it.
    ADD COLUMN voided BOOLEAN NOT NULL DEFAULT false;
