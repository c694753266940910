// Continues an erasure: records Identifiers that it has suppressed since it began, and holds its
// end.
//
// $customer    the id of an erased Customer
// $suppressed  maps of
//   name    kind:value
//   hashes  its hashes by all secrets: one of them is on the suppression list
// $hold        the seconds for which events may still carry suppressed Identifiers
//
// Returns nothing.
MATCH (:ErasedCustomer {id: $customer})<-[:ERASED]-(erasure:Erasure)
// Another process that works on this erasure waits here, and may then find it finished.
SET erasure.locked = true
REMOVE erasure.locked
WITH erasure
WHERE erasure.finishedAt IS NULL
SET erasure.progressAt = datetime()
SET erasure.heldUntil = datetime() + duration({seconds: $hold})
WITH erasure
UNWIND $suppressed AS suppressed
MATCH (suppression:Suppression)
WHERE suppression.hash IN suppressed.hashes
MERGE (erasure)-[:SUPPRESSED {name: suppressed.name}]->(suppression)
