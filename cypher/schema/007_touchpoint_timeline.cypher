// A timeline is read by the time of its Touchpoints, then by their ids. A page of it is a part of
// this index, even if many Touchpoints have the same time.
CREATE INDEX touchpoint_timeline IF NOT EXISTS
FOR (touchpoint:Touchpoint)
ON (touchpoint.customerId, touchpoint.occurredAt, touchpoint.id)
