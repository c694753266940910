// Undone merges are read latest first.
CREATE INDEX undone_merge_at IF NOT EXISTS
FOR ()-[merge:WAS_MERGED_INTO]-()
ON (merge.at, merge.id)
