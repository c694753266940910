// How far an import has come.
//
// $id  the import's identity
//
// Returns line, digest, stored and rejected, or nothing where it never began.
MATCH (import:Import {id: $id})
RETURN
  import.line AS line,
  import.digest AS digest,
  import.stored AS stored,
  import.rejected AS rejected
