-- When the change happened that a message tells of: after a day it is news no more. Not known of older messages.
ALTER TABLE notifications ADD COLUMN changed_at TIMESTAMPTZ;
