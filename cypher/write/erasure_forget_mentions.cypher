// Goes on with an erasure: forgets that its keys may be in events of a Customer, once they are
// redacted.
//
// $customer  the id of a Customer who was erased
// $other     the id of the other
// $names     the keys (kind:value) that were taken out
//
// Returns nothing.
MATCH (:ErasedCustomer {id: $customer})<-[:ERASED]-(erasure:Erasure)
// Another who works on it waits, and may find it finished.
SET erasure.locked = true
REMOVE erasure.locked
WITH erasure
WHERE erasure.finishedAt IS NULL
SET erasure.progressAt = datetime()
WITH erasure
// More of them may have been erased meanwhile.
WHERE all(name IN erasure.names WHERE name IN $names)
MATCH (erasure)-[mention:MENTIONED_BY]->(:Customer {id: $other})
DELETE mention
