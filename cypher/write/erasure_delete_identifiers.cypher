// Goes on with an erasure: deletes Identifiers that point at what it leaves. One that somebody else
// has got meanwhile stays theirs, and what was known of it before is forgotten.
//
// $customer  the id of a Customer who was erased
// $limit     how many Identifiers
//
// Returns one row; none if there is nothing to delete, or the erasure is finished:
//   erased  how many Identifiers
MATCH (:ErasedCustomer {id: $customer})<-[:ERASED]-(erasure:Erasure)
// Another who works on it waits, and may find it finished.
SET erasure.locked = true
REMOVE erasure.locked
WITH erasure
WHERE erasure.finishedAt IS NULL
SET erasure.progressAt = datetime()
WITH erasure
MATCH (erasure)-[:LEAVES]->(:Leftover)<-[:IDENTIFIES]-(identifier:Identifier)
WITH DISTINCT erasure, identifier
LIMIT $limit
WITH erasure, identifier,
  COLLECT {
    MATCH (identifier)-[new:IDENTIFIES]->(:Customer)
    RETURN new
    ORDER BY new.since
  } AS owned
WITH erasure, identifier, head(owned).since AS since
CALL (erasure, identifier, since) {
  MATCH (identifier)-[seen:SEEN_WITH]->(other:Customer)
  WHERE since IS NULL OR seen.firstSeen < since
  MERGE (erasure)-[:MENTIONED_BY]->(other)
}
WITH erasure, identifier, since, identifier.kind + ':' + identifier.value AS name
CALL (identifier, since) {
  MATCH (identifier)-[link]-(end)
  WHERE
    since IS NULL OR
    NOT (link:IDENTIFIES AND end:Customer) AND coalesce(link.firstSeen, link.at, since) <= since
  DELETE link
}
FOREACH (gone IN [node IN [identifier] WHERE since IS NULL] | DELETE gone)
FOREACH (kept IN [node IN [identifier] WHERE since IS NOT NULL] |
  SET kept.shared = null, kept.seenWith = null
)
WITH erasure, collect(name) AS names
SET
  erasure.identifiers = erasure.identifiers + size(names),
  erasure.names = erasure.names + names
RETURN size(names) AS erased
