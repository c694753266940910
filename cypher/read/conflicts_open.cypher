// The number of pairs of Customers with an open identity conflict, among the strongest conflicts.
//
// $scan   how many conflicts to scan
// $limit  how many pairs to count at most
//
// Returns one row:
//   open     how many pairs are open
//   hasMore  whether there may be more
CALL () {
  MATCH ()-[conflict:MAY_BE_SAME_AS]->()
  USING INDEX conflict:MAY_BE_SAME_AS(strength, id)
  WHERE conflict.strength < 1.0e300 AND conflict.id IS NOT NULL
  WITH conflict
  ORDER BY conflict.strength DESC, conflict.id DESC
  LIMIT $scan
  RETURN collect(conflict) AS scanned
}
CALL (scanned) {
  UNWIND scanned AS conflict
  WITH startNode(conflict) AS start, endNode(conflict) AS end
  MATCH (one:Customer {id: coalesce(start.survivor, start.id)})
  MATCH (other:Customer {id: coalesce(end.survivor, end.id)})
  WHERE one <> other AND NOT EXISTS {
    MATCH (one)<-[:MERGED_INTO*0..]-(member:Customer)-[:NOT_SAME_AS]-(peer:Customer)
    MATCH (peer)-[:MERGED_INTO*0..]->(other)
  }
  WITH DISTINCT CASE WHEN one.id < other.id THEN [one.id, other.id] ELSE [other.id, one.id] END
    AS pair
  LIMIT $limit + 1
  RETURN count(*) AS found
}
RETURN
  CASE WHEN found > $limit THEN $limit ELSE found END AS open,
  found > $limit OR size(scanned) = $scan AS hasMore
