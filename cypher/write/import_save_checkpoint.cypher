// Stores the checkpoint of an import.
//
// $id        the import's identity
// $line      the last line that is done
// $digest    of all lines up to it
// $stored    how many of its events are stored
// $rejected  how many of its records are rejected
//
// Returns nothing.
MERGE (import:Import {id: $id})
SET
  import.line = $line,
  import.digest = $digest,
  import.stored = $stored,
  import.rejected = $rejected,
  import.savedAt = datetime()
