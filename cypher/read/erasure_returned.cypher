// The Customers that own suppressed Identifiers of an erasure once no event can carry them any
// more. A process with an older copy of the suppression list stored these events.
//
// $customer  the id of an erased Customer
//
// Returns a row per owner, or none before that time, or if there is no such Identifier:
//   owner       the id of the Customer; null for Identifiers without an owner
//   isNew       whether it and all Customers merged into it were created since the erasure; with
//               5 s for the clocks of the instances
//   by, reason  those of the erasure
MATCH (:ErasedCustomer {id: $customer})<-[:ERASED]-(erasure:Erasure)
WHERE erasure.finishedAt IS NULL AND erasure.heldUntil <= datetime()
MATCH (erasure)-[suppressed:SUPPRESSED]->(:Suppression)
WITH erasure, suppressed.name AS name, split(suppressed.name, ':')[0] AS kind
MATCH (identifier:Identifier {kind: kind, value: substring(name, size(kind) + 1)})
OPTIONAL MATCH (identifier)-[:IDENTIFIES]->(owner:Customer)
WITH DISTINCT erasure, owner
RETURN
  owner.id AS owner,
  owner IS NOT NULL AND NOT EXISTS {
    MATCH (member:Customer)-[:MERGED_INTO*0..]->(owner)
    WHERE member.createdAt < erasure.at - duration({seconds: 5})
    RETURN member
  } AS isNew,
  erasure.by AS by,
  erasure.reason AS reason
