// Identity conflicts are read strongest first, and by their ids if the strength is the same.
CREATE INDEX conflict_strength IF NOT EXISTS
FOR ()-[doubt:MAY_BE_SAME_AS]-()
ON (doubt.strength, doubt.id)
