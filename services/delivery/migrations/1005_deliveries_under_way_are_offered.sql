-- In a transaction of its own: one that has changed the table keeps even readers out until it ends. Nobody has told this
-- service until now when a store begins to cook, and riders may have seen these already.
UPDATE deliveries SET offered_at = created_at
WHERE offered_at IS NULL AND state IN ('Requested', 'Ready', 'Departing', 'Started');
