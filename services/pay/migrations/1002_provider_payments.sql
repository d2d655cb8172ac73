-- One row per order whose money is at a payment provider: written before the provider is asked, so that nothing which happens
-- there is ever without a row.
CREATE TABLE provider_payments (
    order_id        UUID PRIMARY KEY,
    payment_id      UUID NOT NULL UNIQUE,
    provider        TEXT NOT NULL,
    customer_id     TEXT,
    amount          BIGINT NOT NULL CHECK (amount > 0),
    return_path     TEXT,
    expires_at      TIMESTAMPTZ NOT NULL,
    wanted          TEXT NOT NULL CHECK (wanted IN ('Authorized', 'Captured', 'Nothing')),
    -- What we keep of a captured payment.
    keep            BIGINT NOT NULL CHECK (keep BETWEEN 0 AND amount),
    standing        TEXT NOT NULL,
    in_doubt        BOOLEAN NOT NULL,
    session         TEXT,
    reference       TEXT,
    page_url        TEXT,
    page_expires_at TIMESTAMPTZ,
    capture_before  TIMESTAMPTZ,
    captured        BIGINT NOT NULL DEFAULT 0,
    refunded        BIGINT NOT NULL DEFAULT 0,
    refunding       BIGINT NOT NULL DEFAULT 0,
    failed_refunds  BIGINT NOT NULL DEFAULT 0,
    refusals        BIGINT NOT NULL DEFAULT 0,
    unanswered      BIGINT NOT NULL DEFAULT 0,
    last_error      TEXT,
    created_at      TIMESTAMPTZ NOT NULL DEFAULT now(),
    changed_at      TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- When its next step is due; NULL when there is nothing to do.
    next_attempt_at TIMESTAMPTZ,
    -- Until when a replica works on it, and which claim that is.
    lease_until     TIMESTAMPTZ,
    claims          BIGINT NOT NULL DEFAULT 0
);

CREATE INDEX provider_payments_due ON provider_payments (next_attempt_at) WHERE next_attempt_at IS NOT NULL;

-- What is counted in metrics beside that: the payments that wait for their customer or their store.
CREATE INDEX provider_payments_open ON provider_payments (standing, capture_before)
    WHERE standing IN ('Asked', 'AwaitingCustomer', 'Authorized');

-- For the reconciliation.
CREATE INDEX provider_payments_created ON provider_payments (created_at);
