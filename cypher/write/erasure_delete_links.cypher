// Goes on with an erasure: deletes relationships of what it leaves, but those to Touchpoints and of
// Identifiers. A key of somebody else that came with theirs has come with one Customer fewer.
//
// $customer  the id of a Customer who was erased
// $limit     how many relationships
//
// Returns one row; none if the erasure is finished:
//   erased  how many relationships
MATCH (:ErasedCustomer {id: $customer})<-[:ERASED]-(erasure:Erasure)
// Another who works on it waits, and may find it finished.
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
  // What was seen before the mark was last taken away is not counted since.
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
