-- For those who look at the newest messages of all.
CREATE INDEX notifications_newest ON notifications (created_at DESC);
