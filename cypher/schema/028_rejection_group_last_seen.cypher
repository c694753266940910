// Groups of rejections are read latest first, and deleted after their retention.
CREATE INDEX rejection_group_last_seen IF NOT EXISTS
FOR (rejections:RejectionGroup)
ON (rejections.lastSeen, rejections.id)
