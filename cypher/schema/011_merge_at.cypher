// Merges are read latest first.
CREATE INDEX merge_at IF NOT EXISTS
FOR ()-[merge:MERGED_INTO]-()
ON (merge.at, merge.id)
