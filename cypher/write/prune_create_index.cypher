// Creates the index that finds old Touchpoints, unless there is one. It is no part of the schema: it
// makes the write of each event slower, so only a graph with a retention has it.
//
// Returns nothing, before the index is online.
CREATE INDEX touchpoint_occurred_at IF NOT EXISTS
FOR (touchpoint:Touchpoint)
ON (touchpoint.occurredAt)
