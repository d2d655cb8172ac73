-- Few messages are under way at a time, however many there were.
CREATE INDEX notifications_under_way ON notifications (order_id, version) WHERE sending IN ('Pending', 'Sending');
