-- Events are written once and read once, as they are: taking them apart into JSONB costs both times for nothing.
ALTER TABLE outbox ALTER COLUMN payload TYPE JSON USING payload::json;
