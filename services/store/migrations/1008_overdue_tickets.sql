-- In a transaction of its own, as before: few tickets wait for their store at a time.
CREATE INDEX tickets_to_accept ON tickets (accept_by) WHERE state = 'Received';
