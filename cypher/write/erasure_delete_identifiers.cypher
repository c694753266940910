// Continues an erasure: deletes Identifiers that point at its leftovers. An Identifier that another
// Customer has acquired since then stays, without its earlier marks and counts. An erasure that
// suppresses deletes only Identifiers that are suppressed, or marked as shared.
//
// $customer  the id of an erased Customer
// $limit     how many Identifiers to delete
//
// Returns one row, or none if there is nothing to delete, or the erasure is finished:
//   erased  how many Identifiers
MATCH (:ErasedCustomer {id: $customer})<-[:ERASED]-(erasure:Erasure)
// Another process that works on this erasure waits here, and may then find it finished.
SET erasure.locked = true
REMOVE erasure.locked
WITH erasure
WHERE erasure.finishedAt IS NULL
SET erasure.progressAt = datetime()
WITH erasure
MATCH (erasure)-[:LEAVES]->(:Leftover)<-[:IDENTIFIES]-(identifier:Identifier)
WHERE
  erasure.suppresses IS NULL OR
  identifier.shared IS NOT NULL OR
  EXISTS { (erasure)-[:SUPPRESSED {name: identifier.kind + ':' + identifier.value}]->() }
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
  MATCH (identifier)-[seen:SEEN_WITH|IDENTIFIED]->(other:Customer)
  WHERE since IS NULL OR coalesce(seen.firstSeen, seen.since) < since
  MERGE (erasure)-[:MENTIONED_BY]->(other)
}
CALL (identifier, since) {
  MATCH (identifier)<-[:MOVES]-(move:IdentifierMove)
  WHERE since IS NULL OR move.at < since
  DETACH DELETE move
}
WITH erasure, identifier, since, identifier.kind + ':' + identifier.value AS name
CALL (identifier, since) {
  MATCH (identifier)-[link]-(end)
  WHERE
    since IS NULL OR
    NOT (link:IDENTIFIES AND end:Customer) AND
    coalesce(link.firstSeen, link.at, link.since, since) <= since
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
