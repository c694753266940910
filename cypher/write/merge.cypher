// Merges a Customer, and the Customers that are merged into it, into another. The Identifiers point
// at the surviving Customer and store their owner. Touchpoints do not move. A repeat with the same
// id changes nothing.
//
// $id        of the merge
// $survivor  the id of the surviving Customer
// $merged    the id of the Customer to merge
// $at        when, [seconds since 1970, nanoseconds]
// $by        the id of the API key that requests it
// $reason    why
//
// Returns one row, or none if one of the two does not exist, or was merged by another merge:
//   identifiers  how many moved
CALL () {
  // Two merges that share a Customer take its lock in the same order, and the second one waits.
  UNWIND CASE WHEN $survivor < $merged THEN [$survivor, $merged] ELSE [$merged, $survivor] END AS id
  MATCH (customer:Customer {id: id})
  SET customer.locked = true
  RETURN count(customer) AS locked
}
WITH locked
WHERE locked = 2
MATCH (survivor:Customer {id: $survivor})
MATCH (merged:Customer {id: $merged})
REMOVE survivor.locked, merged.locked
WITH survivor, merged, EXISTS { (merged)-[:MERGED_INTO {id: $id}]->(survivor) } AS isDone
WHERE isDone OR (survivor.survivor IS NULL AND merged.survivor IS NULL)
CALL (survivor, merged, isDone) {
  WITH survivor, merged
  WHERE NOT isDone
  CREATE (merged)-[:MERGED_INTO {
    id: $id,
    at: datetime.fromepoch($at[0], $at[1]),
    by: $by,
    reason: $reason
  }]->(survivor)
  WITH survivor, merged
  MATCH (member:Customer)-[:MERGED_INTO*0..]->(merged)
  SET member.survivor = survivor.id
  WITH survivor, member
  MATCH (identifier:Identifier)-[old:IDENTIFIES]->(member)
  CREATE (identifier)-[:IDENTIFIES {
    since: old.since,
    home: coalesce(old.home, member.id)
  }]->(survivor)
  DELETE old
  RETURN count(identifier) AS identifiers
}
RETURN identifiers
