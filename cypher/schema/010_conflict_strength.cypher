// Conflicts are read the strongest first, and in the order of their ids where that is the same.
CREATE INDEX conflict_strength IF NOT EXISTS
FOR ()-[doubt:MAY_BE_SAME_AS]-()
ON (doubt.strength, doubt.id)
