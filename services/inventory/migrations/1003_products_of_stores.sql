-- Each product belongs to a store; all of those before belonged to the first one, and so do those of replicas of an earlier
-- release.
ALTER TABLE products ADD COLUMN store_id TEXT NOT NULL DEFAULT '1';
