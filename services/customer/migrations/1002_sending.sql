-- What became of sending each message. A message that is being sent carries the id of its attempt: the attempt is
-- on record before the world hears of it, and only it may write down how it ended.
ALTER TABLE notifications
    ADD COLUMN attempts        INTEGER NOT NULL DEFAULT 0,
    ADD COLUMN attempt_id      UUID,
    ADD COLUMN attempted_at    TIMESTAMPTZ,
    ADD COLUMN next_attempt_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    ADD COLUMN reason          TEXT,
    ADD COLUMN traceparent     TEXT;

-- Where a customer's messages go, beside the local outbox.
CREATE TABLE contacts (
    customer_id TEXT PRIMARY KEY,
    kakao_uuid  TEXT NOT NULL,
    language    TEXT NOT NULL,
    changed_at  TIMESTAMPTZ NOT NULL
);

-- Kakao replaces a refresh token that nears its end, and then takes the old one no more: the newest is kept here.
-- `configured` is the one that its owner gave; when the owner gives another, that one counts.
CREATE TABLE kakao_tokens (
    rest_api_key  TEXT PRIMARY KEY,
    configured    TEXT NOT NULL,
    refresh_token TEXT NOT NULL,
    access_token  TEXT,
    expires_at    TIMESTAMPTZ
);
