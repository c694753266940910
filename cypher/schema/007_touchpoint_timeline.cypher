// A customer's timeline is read in the order in which things happened, and of their ids where
// that is the same: a page of it is a part of this index, however many share a moment.
CREATE INDEX touchpoint_timeline IF NOT EXISTS
FOR (touchpoint:Touchpoint)
ON (touchpoint.customerId, touchpoint.occurredAt, touchpoint.id)
