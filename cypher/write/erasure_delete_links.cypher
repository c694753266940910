// Continues an erasure: deletes relationships of its leftovers, except those to Touchpoints and
// Identifiers. An identifier of another Customer that was seen with an erased one then counts one
// Customer fewer.
//
// $customer  the id of an erased Customer
// $limit     how many relationships to delete
//
// Returns one row, or none if the erasure is finished:
//   erased  how many relationships
MATCH (:ErasedCustomer {id: $customer})<-[:ERASED]-(erasure:Erasure)
// Another process that works on this erasure waits here, and may then find it finished.
SET erasure.locked = true
REMOVE erasure.locked
WITH erasure
WHERE erasure.finishedAt IS NULL
SET erasure.progressAt = datetime()
WITH erasure
MATCH (erasure)-[:LEAVES]->(:Leftover)-[link:!LEAVES&!HAS_TOUCHPOINT&!IDENTIFIES]-(end)
WITH DISTINCT link, end
LIMIT $limit
WITH end, collect(link) AS links
CALL (end, links) {
  WITH end
  WHERE end:Identifier
  // The count does not include Customers that were seen before the mark was last removed.
  WITH end, COLLECT {
    MATCH (end)-[review:REVIEWED {shared: false}]->()
    RETURN review.at ORDER BY review.at DESC LIMIT 1
  } AS unmarked
  WITH end, size([link IN links WHERE
    link:SEEN_WITH AND (size(unmarked) = 0 OR link.firstSeen > unmarked[0])
  ]) AS seen
  WHERE seen > 0
  SET end.seenWith = CASE WHEN end.seenWith > seen THEN end.seenWith - seen ELSE 0 END
}
FOREACH (link IN links | DELETE link)
RETURN sum(size(links)) AS erased
