// The checkpoint of an import.
//
// $id  the import's identity
//
// Returns one row, or none if the import never began:
//   line, digest, stored, rejected
MATCH (import:Import {id: $id})
RETURN
  import.line AS line,
  import.digest AS digest,
  import.stored AS stored,
  import.rejected AS rejected
