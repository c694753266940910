// Keeps how far an import has come.
//
// $id        the import's identity
// $line      the last line that is done
// $digest    of all lines up to it
// $stored    how many events of them are stored
// $rejected  how many records of them are not
//
// Returns nothing.
MERGE (import:Import {id: $id})
SET
  import.line = $line,
  import.digest = $digest,
  import.stored = $stored,
  import.rejected = $rejected,
  import.savedAt = datetime()
