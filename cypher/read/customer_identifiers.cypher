// The identifiers of Customers, and of all Customers merged with them. One that is marked as shared
// is among those of its owner.
//
// $request   a map: for a list as a parameter of its own, the database makes a plan for each order
//            of magnitude of its length
//   customers  the ids of the Customers
//
// Returns one row:
//   found  a list for each surviving Customer: a list of the ids of the request that it has now (its
//          own, and those of Customers merged into it), and a list of kind and value of each
//          identifier
WITH $request.customers AS customers
UNWIND customers AS id
MATCH (customer:Customer {id: id})
MATCH (survivor:Customer {id: coalesce(customer.survivor, customer.id)})
WITH survivor, collect(id) AS customers
CALL (survivor) {
  MATCH (member:Customer)-[:MERGED_INTO*0..]->(survivor)
  WITH collect(member) AS members, collect(member.id) AS ids
  CALL (members, ids) {
    UNWIND members AS member
    MATCH (identifier:Identifier)-[identifies:IDENTIFIES]->(member)
    WHERE coalesce(identifies.home, member.id) IN ids
    RETURN identifier
    UNION
    // It was attached at the same time as a merge or an undo, and points at another Customer.
    UNWIND members AS member
    MATCH (identifier:Identifier)-[identifies:IDENTIFIES {home: member.id}]->(:Customer)
    USING INDEX SEEK identifies:IDENTIFIES(home)
    RETURN identifier
  }
  RETURN collect([identifier.kind, identifier.value]) AS identifiers
}
// One row costs the driver a fraction of the cost of a row per Customer.
RETURN collect([customers, identifiers]) AS found
