// Begins the erasure of a Customer and of all Customers merged into it. From then on, their ids
// and Identifiers find no Customer. Their data hangs on the erasure, which deletes it in batches. A
// repeat changes nothing, because the Customer no longer exists.
//
// $customer     the id of the surviving Customer
// $splits       the ids of the splits of these Customers, whose Touchpoints have all been moved
// $id           for the erasure
// $at           when, [seconds since 1970, nanoseconds]
// $by           who requests it: the id of an API key, or cli
// $reason       why, or null
// $limit        how many Identifiers to delete at once
// $suppressed   null, or the suppressed Identifiers of these Customers: maps of
//   name    kind:value
//   hashes  its hashes by all secrets: one of them is on the suppression list
// $hold         the seconds for which events may still carry suppressed Identifiers
//
// Returns one row, or none if there is no such Customer, it has been merged, another split was
// made, or $suppressed lacks an Identifier:
//   id  of the erasure
CALL () {
  // Merges, undos, splits and erasures of this Customer take the same lock.
  MATCH (customer:Customer {id: $customer})
  SET customer.locked = true
  RETURN count(customer) AS locked
}
WITH locked
WHERE locked = 1
// Matched again: another erasure may have finished before this one got the lock.
MATCH (customer:Customer {id: $customer})
REMOVE customer.locked
WITH customer
WHERE customer.survivor IS NULL
MATCH (member:Customer)-[:MERGED_INTO*0..]->(customer)
WITH customer, member ORDER BY member <> customer, member.id
WITH collect(member) AS members, collect(member.id) AS ids
// Events of Customers that were merged with these before, were split from them, or had one of their
// identifiers, may carry it.
WITH members, ids, COLLECT {
  UNWIND members AS member
  MATCH (member)
    -[:MERGED_INTO|WAS_MERGED_INTO|SPLIT_FROM|MOVED_FROM|MOVED_TO*1..]-(former:Customer)
  WHERE NOT former IN members
  RETURN DISTINCT former
} AS formers
WHERE size(members) > 0 AND NOT EXISTS {
  UNWIND members AS member
  MATCH (member)-[split:SPLIT_FROM]-(:Customer)
  WHERE NOT split.id IN $splits
  RETURN split
} AND NOT EXISTS {
  UNWIND members AS member
  MATCH (identifier:Identifier)-[identifies:IDENTIFIES]->(member)
  WHERE
    coalesce(identifies.home, member.id) IN ids AND
    identifier.shared IS NULL AND
    NOT identifier.kind + ':' + identifier.value IN [suppressed IN $suppressed | suppressed.name]
  RETURN identifier
} AND NOT EXISTS {
  UNWIND members AS member
  MATCH (identifier:Identifier)-[:IDENTIFIES {home: member.id}]->(:Customer)
  WHERE
    identifier.shared IS NULL AND
    NOT identifier.kind + ':' + identifier.value IN [suppressed IN $suppressed | suppressed.name]
  RETURN identifier
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
  progressAt: datetime(),
  suppresses: CASE WHEN $suppressed IS NOT NULL THEN true END,
  heldUntil: CASE WHEN size($suppressed) > 0 THEN datetime() + duration({seconds: $hold}) END
})
FOREACH (former IN formers |
  CREATE (erasure)-[:MENTIONED_BY]->(former)
)
WITH erasure, members, ids
CALL (erasure) {
  UNWIND $suppressed AS suppressed
  MATCH (suppression:Suppression)
  WHERE suppression.hash IN suppressed.hashes
  CREATE (erasure)-[:SUPPRESSED {name: suppressed.name}]->(suppression)
}
// An Identifier that was attached at the same time as a merge or an undo may point at the other of
// the two Customers. First, Identifiers of other Customers move to their owners.
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
// Then, Identifiers of these Customers move here.
CALL (members) {
  UNWIND members AS member
  MATCH (identifier:Identifier)-[old:IDENTIFIES {home: member.id}]->(owner:Customer)
  WHERE NOT owner IN members
  CREATE (identifier)-[:IDENTIFIES {since: old.since}]->(member)
  DELETE old
}
// The review of an identifier that was split off since then stays with its owner.
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
// The audit log no longer has the entries of these Customers.
CALL (members) {
  UNWIND members AS member
  MATCH (member)
    -[change:MERGED_INTO|WAS_MERGED_INTO|SPLIT_FROM|NOT_SAME_AS|WAS_NOT_SAME_AS]-()
  WITH DISTINCT change
  DELETE change
}
CALL (members) {
  UNWIND members AS member
  MATCH (member)<-[:MOVED_FROM|MOVED_TO]-(move:IdentifierMove)
  WITH DISTINCT move
  DETACH DELETE move
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
// Deleted in this transaction: two writers could attach an existing Identifier without an owner to
// two Customers. An Identifier that does not exist is created by one of them alone.
CALL (erasure) {
  MATCH (erasure)-[:LEAVES]->(:Leftover)<-[:IDENTIFIES]-(identifier:Identifier)
  // One that was attached meanwhile is suppressed first.
  WHERE
    $suppressed IS NULL OR
    identifier.shared IS NOT NULL OR
    identifier.kind + ':' + identifier.value IN [suppressed IN $suppressed | suppressed.name]
  WITH DISTINCT erasure, identifier
  LIMIT $limit
  CALL (erasure, identifier) {
    MATCH (identifier)-[:SEEN_WITH|IDENTIFIED]->(other:Customer)
    MERGE (erasure)-[:MENTIONED_BY]->(other)
  }
  CALL (identifier) {
    MATCH (identifier)<-[:MOVES]-(move:IdentifierMove)
    DETACH DELETE move
  }
  WITH identifier, identifier.kind + ':' + identifier.value AS name
  CALL (identifier) {
    MATCH (identifier)-[link]-()
    DELETE link
  }
  // Without DETACH: a relationship that a writer adds at the same time must not be lost.
  DELETE identifier
  RETURN collect(name) AS names
}
SET erasure.identifiers = size(names), erasure.names = names
RETURN erasure.id AS id
