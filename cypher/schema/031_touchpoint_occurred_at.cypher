// The retention deletes the Touchpoints of all Customers by their time, the oldest first.
CREATE INDEX touchpoint_occurred_at IF NOT EXISTS
FOR (touchpoint:Touchpoint)
ON (touchpoint.occurredAt)
