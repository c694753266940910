// The audit log is read by time.
CREATE INDEX suppression_change_at IF NOT EXISTS
FOR (change:SuppressionChange)
ON (change.at, change.id)
