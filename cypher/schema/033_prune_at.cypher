// The audit log is read by time.
CREATE INDEX prune_at IF NOT EXISTS
FOR (prune:Prune)
ON (prune.at, prune.id)
