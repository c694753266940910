// Deletes Touchpoints that are older than the retention, the oldest first, and the Identifiers that
// were never attached because their Customer had reached the identifier limit. Customers, other
// Identifiers and all that was decided about them stay. A repeat deletes the next ones.
//
// $holder  the id of the process that began
// $lease   the time of the lease from now on, in seconds
// $before  the time before which Touchpoints are deleted, [seconds since 1970, nanoseconds]
// $limit   how many to delete
// $record  the id of the entry in the audit log, which the first deletion creates
// $by      retention or cli
//
// Returns one row, or none if another process has the lease:
//   deleted     how many Touchpoints this process has deleted since it began
//   isComplete  whether none is left
//   until       the time of the last deleted one, [seconds since 1970, nanoseconds], or null
MATCH (lease:PruneLease {name: 'touchpoints'})
// Another process that begins waits here.
SET lease.locked = true
REMOVE lease.locked
WITH lease
WHERE lease.holder = $holder
SET lease.expiresAt = datetime() + duration({seconds: $lease})
WITH lease, datetime.fromepoch($before[0], $before[1]) AS before
CALL (before) {
  MATCH (touchpoint:Touchpoint)
  USING INDEX SEEK touchpoint:Touchpoint(occurredAt)
  WHERE touchpoint.occurredAt < before
  WITH touchpoint
  ORDER BY touchpoint.occurredAt
  LIMIT $limit
  RETURN
    collect(touchpoint) AS touchpoints,
    max(touchpoint.occurredAt) AS until,
    collect(touchpoint.beyondLimit) AS beyond
}
CALL (beyond) {
  UNWIND beyond AS names
  UNWIND names AS name
  WITH DISTINCT name
  WITH name, split(name, ':')[0] AS kind
  MATCH (identifier:Identifier {kind: kind, value: substring(name, size(kind) + 1)})
  WHERE NOT EXISTS { (identifier)--() }
  // Without DETACH: a relationship that a writer adds at the same time must not be lost.
  DELETE identifier
}
FOREACH (touchpoint IN touchpoints | DETACH DELETE touchpoint)
WITH lease, before, until, size(touchpoints) AS deleted
SET lease.deleted = lease.deleted + deleted
FOREACH (_ IN CASE WHEN deleted > 0 THEN [1] ELSE [] END |
  MERGE (prune:Prune {id: $record})
    ON CREATE SET prune.at = datetime(), prune.by = $by, prune.touchpoints = 0
  SET
    prune.touchpoints = prune.touchpoints + deleted,
    prune.before = before,
    prune.finishedAt = datetime()
)
RETURN
  lease.deleted AS deleted,
  deleted < $limit AS isComplete,
  CASE WHEN until IS NOT NULL THEN [until.epochSeconds, until.nanosecond] END AS until
