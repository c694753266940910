// Continues an erasure: deletes suppressed Identifiers that other Customers have acquired since it
// began, once no event can carry them any more. The events of these Customers are then redacted.
//
// $customer  the id of an erased Customer
// $limit     how many Identifiers to delete
//
// Returns one row, or none if the erasure is finished:
//   erased  how many Identifiers
MATCH (:ErasedCustomer {id: $customer})<-[:ERASED]-(erasure:Erasure)
// Another process that works on this erasure waits here, and may then find it finished.
SET erasure.locked = true
REMOVE erasure.locked
WITH erasure
WHERE erasure.finishedAt IS NULL
SET erasure.progressAt = datetime()
WITH erasure
WHERE erasure.heldUntil <= datetime()
CALL (erasure) {
  MATCH (erasure)-[suppressed:SUPPRESSED]->(:Suppression)
  WITH suppressed.name AS name, split(suppressed.name, ':')[0] AS kind
  MATCH (identifier:Identifier {kind: kind, value: substring(name, size(kind) + 1)})
  WITH DISTINCT identifier, name
  LIMIT $limit
  RETURN collect({identifier: identifier, name: name}) AS returned
}
CALL (erasure, returned) {
  UNWIND returned AS item
  WITH erasure, item.identifier AS identifier
  MATCH (identifier)-[:IDENTIFIES|IDENTIFIED|SEEN_WITH]->(owner:Customer)
  MATCH (member:Customer)-[:MERGED_INTO*0..]->(owner)
  WITH DISTINCT erasure, member
  MERGE (erasure)-[:MENTIONED_BY]->(member)
}
CALL (returned) {
  UNWIND returned AS item
  WITH item.identifier AS identifier
  MATCH (identifier)<-[:MOVES]-(move:IdentifierMove)
  DETACH DELETE move
}
CALL (returned) {
  UNWIND returned AS item
  WITH item.identifier AS identifier
  MATCH (identifier)-[link]-()
  DELETE link
}
// Without DETACH: a relationship that a writer adds at the same time must not be lost.
FOREACH (item IN returned | DELETE item.identifier)
SET
  erasure.identifiers = erasure.identifiers + size(returned),
  erasure.names = erasure.names +
    [item IN returned WHERE NOT item.name IN erasure.names | item.name]
RETURN size(returned) AS erased
