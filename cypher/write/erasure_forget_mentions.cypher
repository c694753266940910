// Continues an erasure: records that the events of a Customer are redacted.
//
// $customer  the id of an erased Customer
// $other     the id of the Customer with redacted events
// $names     the identifiers (kind:value) that were redacted
//
// Returns nothing.
MATCH (:ErasedCustomer {id: $customer})<-[:ERASED]-(erasure:Erasure)
// Another process that works on this erasure waits here, and may then find it finished.
SET erasure.locked = true
REMOVE erasure.locked
WITH erasure
WHERE erasure.finishedAt IS NULL
SET erasure.progressAt = datetime()
WITH erasure
// More identifiers may have been erased since then.
WHERE all(name IN erasure.names WHERE name IN $names)
MATCH (erasure)-[mention:MENTIONED_BY]->(:Customer {id: $other})
DELETE mention
