// Undoes a merge: the Identifiers of the merged Customer, and of the Customers that are merged into
// it, point at it again. A repeat changes nothing.
//
// $id        of the merge
// $merged    the id of the merged Customer
// $survivor  the id of the surviving Customer, which its Identifiers point at
// $at        when, [seconds since 1970, nanoseconds]
// $by        the id of the API key that requests it
// $reason    why
//
// Returns one row, or none if there is no such merge, it was undone before, or the surviving
// Customer is another one now:
//   identifiers  how many moved
CALL () {
  // As in a merge: a transaction that shares a Customer with this one waits.
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
WITH survivor, merged, datetime.fromepoch($at[0], $at[1]) AS at
OPTIONAL MATCH (merged)-[merge:MERGED_INTO {id: $id}]->(into:Customer)
WITH survivor, merged, at, merge, into,
  EXISTS { (merged)-[:WAS_MERGED_INTO {id: $id, undoneAt: at, undoneBy: $by}]->() } AS isDone
WHERE isDone OR (merge IS NOT NULL AND merged.survivor = survivor.id)
CALL (merged, survivor, into, at, merge, isDone) {
  WITH merged, survivor, into, at, merge
  WHERE NOT isDone
  CREATE (merged)-[was:WAS_MERGED_INTO]->(into)
  SET was = properties(merge)
  SET was += {undoneAt: at, undoneBy: $by, undoReason: $reason}
  DELETE merge
  WITH merged, survivor
  MATCH (member:Customer)-[:MERGED_INTO*0..]->(merged)
  WITH merged, survivor, collect(member) AS members
  FOREACH (member IN members |
    SET member.survivor = CASE WHEN member = merged THEN null ELSE merged.id END
  )
  WITH merged, survivor, [member IN members | member.id] AS homes
  MATCH (identifier:Identifier)-[old:IDENTIFIES]->(survivor)
  WHERE old.home IN homes
  CREATE (identifier)-[:IDENTIFIES {
    since: old.since,
    home: CASE WHEN old.home <> merged.id THEN old.home END
  }]->(merged)
  DELETE old
  RETURN count(identifier) AS identifiers
}
RETURN identifiers
