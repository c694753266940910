// A preview of the merge of two Customers.
//
// $customers  the ids of the two
//
// Returns a row for each that exists:
//   customerId   the id that was given
//   survivorId   the id of its surviving Customer
//   createdAt
//   members      how many Customers it has, including the Customers that are merged into it
//   identifiers  maps of kind and count
//   touchpoints  how many it has
//   conflicts    maps of kind, count, firstSeen and lastSeen: events with identifiers of both
//   isDismissed  whether the identity conflict of the two is dismissed
UNWIND $customers AS id
MATCH (named:Customer {id: id})
MATCH (survivor:Customer {id: coalesce(named.survivor, named.id)})
WITH collect({id: id, survivor: survivor}) AS pair
UNWIND pair AS side
WITH pair, side.id AS customerId, side.survivor AS survivor
MATCH (member:Customer)-[:MERGED_INTO*0..]->(survivor)
WITH pair, customerId, survivor, collect(member) AS members
WITH *, [other IN pair WHERE other.survivor <> survivor | other.survivor.id] AS others
RETURN
  customerId,
  survivor.id AS survivorId,
  toString(survivor.createdAt) AS createdAt,
  size(members) AS members,
  COLLECT {
    UNWIND members AS member
    MATCH (identifier:Identifier)-[:IDENTIFIES]->(member)
    WITH identifier.kind AS kind, count(*) AS count ORDER BY kind
    RETURN {kind: kind, count: count}
  } AS identifiers,
  reduce(total = 0, member IN members | total + COUNT { (member)-[:HAS_TOUCHPOINT]->() })
    AS touchpoints,
  COLLECT {
    UNWIND members AS member
    MATCH (member)-[conflict:MAY_BE_SAME_AS]-(other:Customer)
    WHERE coalesce(other.survivor, other.id) IN others
    WITH
      conflict.kind AS kind,
      sum(conflict.count) AS count,
      min(conflict.firstSeen) AS firstSeen,
      max(conflict.lastSeen) AS lastSeen
    ORDER BY kind
    RETURN {
      kind: kind, count: count, firstSeen: toString(firstSeen), lastSeen: toString(lastSeen)
    }
  } AS conflicts,
  EXISTS {
    UNWIND members AS member
    MATCH (member)-[:NOT_SAME_AS]-(other:Customer)
    WHERE coalesce(other.survivor, other.id) IN others
  } AS isDismissed
