// Begins to erase a Customer with all who were merged into it: from then on nobody is found by
// their ids or Identifiers. What is left of them hangs on the erasure, to be deleted bit by bit.
// A repeat changes nothing, as there is no such Customer any more.
//
// $customer     the id of the Customer, who was not merged into another
// $splits       the ids of the splits of it and of those, whose Touchpoints have all been moved
// $id           for the erasure
// $at           when, [seconds since 1970, nanoseconds]
// $by           who asks for it: the id of an API key, or cli
// $reason       why, or null
// $limit        how many Identifiers to delete along with it
//
// Returns one row; none if there is no such Customer, it has been merged, or another split was
// made:
//   id  of the erasure
CALL () {
  // Whoever merges, undoes, splits or erases it takes this lock as well.
  MATCH (customer:Customer {id: $customer})
  SET customer.locked = true
  RETURN count(customer) AS locked
}
WITH locked
WHERE locked = 1
// It may have been erased before the lock was had.
MATCH (customer:Customer {id: $customer})
REMOVE customer.locked
WITH customer
WHERE customer.survivor IS NULL
MATCH (member:Customer)-[:MERGED_INTO*0..]->(customer)
WITH customer, member ORDER BY member <> customer, member.id
WITH collect(member) AS members, collect(member.id) AS ids
// Of those with whom they were merged before, or whom they were split from, events may carry their
// keys.
WITH members, ids, COLLECT {
  UNWIND members AS member
  MATCH (member)-[:MERGED_INTO|WAS_MERGED_INTO|SPLIT_FROM*1..]-(former:Customer)
  WHERE NOT former IN members
  RETURN DISTINCT former
} AS formers
WHERE size(members) > 0 AND NOT EXISTS {
  UNWIND members AS member
  MATCH (member)-[split:SPLIT_FROM]-(:Customer)
  WHERE NOT split.id IN $splits
  RETURN split
}
CREATE (erasure:Erasure {
  id: $id,
  at: datetime.fromepoch($at[0], $at[1]),
  by: $by,
  reason: $reason,
  customers: ids,
  identifiers: 0,
  touchpoints: 0,
  redacted: 0,
  progressAt: datetime()
})
FOREACH (former IN formers |
  CREATE (erasure)-[:MENTIONED_BY]->(former)
)
WITH erasure, members, ids
// An Identifier that was attached in the very moment of a merge or an undo may point at the other
// of the two. What is of somebody else goes there,
CALL (members, ids) {
  UNWIND members AS member
  MATCH (identifier:Identifier)-[old:IDENTIFIES]->(member)
  WHERE old.home IS NOT NULL AND NOT old.home IN ids
  MATCH (home:Customer {id: old.home})
  MATCH (survivor:Customer {id: coalesce(home.survivor, home.id)})
  CREATE (identifier)-[:IDENTIFIES {
    since: old.since,
    home: CASE WHEN home <> survivor THEN home.id END
  }]->(survivor)
  DELETE old
}
// and what is of these comes here.
CALL (members) {
  UNWIND members AS member
  MATCH (identifier:Identifier)-[old:IDENTIFIES {home: member.id}]->(owner:Customer)
  WHERE NOT owner IN members
  CREATE (identifier)-[:IDENTIFIES {since: old.since}]->(member)
  DELETE old
}
// The review of a key that was split off since stays with whose key it is.
CALL (members) {
  UNWIND members AS member
  MATCH (identifier:Identifier)-[old:REVIEWED]->(member)
  OPTIONAL MATCH (identifier)-[identifies:IDENTIFIES]->(owner:Customer)
  WHERE NOT owner IN members
  OPTIONAL MATCH (home:Customer {id: coalesce(identifies.home, owner.id)})
  FOREACH (customer IN [node IN [home] WHERE node IS NOT NULL] |
    CREATE (identifier)-[review:REVIEWED]->(customer)
    SET review = properties(old)
  )
  DELETE old
}
// What people did to these is no longer told.
CALL (members) {
  UNWIND members AS member
  MATCH (member)
    -[change:MERGED_INTO|WAS_MERGED_INTO|SPLIT_FROM|NOT_SAME_AS|WAS_NOT_SAME_AS]-()
  WITH DISTINCT change
  DELETE change
}
FOREACH (member IN members |
  MERGE (erased:ErasedCustomer {id: member.id})
  CREATE (erasure)-[:ERASED]->(erased)
  CREATE (erasure)-[:LEAVES]->(member)
  SET member = {id: member.id}
  SET member:Leftover
  REMOVE member:Customer
)
WITH erasure
// Right here, since two writers could each give somebody an Identifier that is there and that
// nobody has; of one that is not there, only one of them makes it.
CALL (erasure) {
  MATCH (erasure)-[:LEAVES]->(:Leftover)<-[:IDENTIFIES]-(identifier:Identifier)
  WITH DISTINCT erasure, identifier
  LIMIT $limit
  CALL (erasure, identifier) {
    MATCH (identifier)-[:SEEN_WITH]->(other:Customer)
    MERGE (erasure)-[:MENTIONED_BY]->(other)
  }
  WITH identifier, identifier.kind + ':' + identifier.value AS name
  CALL (identifier) {
    MATCH (identifier)-[link]-()
    DELETE link
  }
  // Not its links as well: one that a writer makes meanwhile is not to be lost.
  DELETE identifier
  RETURN collect(name) AS names
}
SET erasure.identifiers = size(names), erasure.names = names
RETURN erasure.id AS id
