// Undos of merges are read latest first.
CREATE INDEX undo_at IF NOT EXISTS
FOR ()-[merge:WAS_MERGED_INTO]-()
ON (merge.undoneAt, merge.id)
