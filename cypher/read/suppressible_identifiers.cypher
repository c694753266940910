// The identifiers of a Customer, and of those merged into it, that its suppression covers. An
// identifier that is marked as shared belongs to other people, too.
//
// $customer  the id of the surviving Customer
//
// Returns a row per identifier:
//   name  kind:value
MATCH (member:Customer)-[:MERGED_INTO*0..]->(:Customer {id: $customer})
WITH collect(member) AS members, collect(member.id) AS ids
CALL (members, ids) {
  UNWIND members AS member
  MATCH (identifier:Identifier)-[identifies:IDENTIFIES]->(member)
  WHERE coalesce(identifies.home, member.id) IN ids
  RETURN identifier
  UNION
  // It was attached at the same time as a merge or an undo, and points at another Customer.
  UNWIND members AS member
  MATCH (identifier:Identifier)-[:IDENTIFIES {home: member.id}]->(:Customer)
  RETURN identifier
}
WITH identifier
WHERE identifier.shared IS NULL
RETURN identifier.kind + ':' + identifier.value AS name
