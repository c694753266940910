// Begins to delete the Touchpoints that are older than the retention, unless another process does.
// A process that has the lease and makes no transaction for the time of the lease loses it.
//
// $holder    an id of the process that begins
// $by        retention or cli
// $days      the retention, in days
// $now       the time of the process, [seconds since 1970, nanoseconds]
// $lease     the time of the lease, in seconds
// $interval  the time since the last complete run of the retention for these days, in seconds, before
//            which there is nothing to do; 0 to begin in any case
//
// Returns one row, or none if another process has the lease or there is nothing to do:
//   before  the time before which Touchpoints are deleted, [seconds since 1970, nanoseconds]
//   oldest  the time of the oldest Touchpoint in the same form, or null
//   record  the id of the entry of today in the audit log, or null if there is none
OPTIONAL MATCH (known:PruneLease {name: 'touchpoints'})
WITH known, datetime() AS now
// First without a lock: mostly, there is nothing to do.
WHERE
  coalesce(known.expiresAt <= now OR known.holder = $holder, true) AND
  (
    $interval = 0 OR
    coalesce(
      known.days <> $days OR known.finishedAt <= now - duration({seconds: $interval}), true
    )
  )
MERGE (lease:PruneLease {name: 'touchpoints'})
SET lease.locked = true
REMOVE lease.locked
WITH lease, now
WHERE
  coalesce(lease.expiresAt <= now OR lease.holder = $holder, true) AND
  (
    $interval = 0 OR
    coalesce(
      lease.days <> $days OR lease.finishedAt <= now - duration({seconds: $interval}), true
    )
  )
SET
  lease.holder = $holder,
  lease.expiresAt = now + duration({seconds: $lease}),
  lease.deleted = 0
WITH now, datetime.fromepoch($now[0], $now[1]) AS other
// If one of the two clocks is ahead, the other one decides.
WITH now, CASE WHEN other < now THEN other ELSE now END - duration({days: $days}) AS before
CALL () {
  OPTIONAL MATCH (touchpoint:Touchpoint)
  USING INDEX SEEK touchpoint:Touchpoint(occurredAt)
  WHERE touchpoint.occurredAt < datetime({year: 999999999})
  WITH touchpoint.occurredAt AS occurredAt
  ORDER BY touchpoint.occurredAt
  LIMIT 1
  RETURN occurredAt AS oldest
}
CALL (now) {
  OPTIONAL MATCH (prune:Prune)
  USING INDEX SEEK prune:Prune(at, id)
  WHERE
    prune.at >= datetime.truncate('day', now) AND
    prune.id IS NOT NULL AND
    prune.by = $by AND
    $by = 'retention'
  RETURN head(collect(prune.id)) AS record
}
RETURN
  [before.epochSeconds, before.nanosecond] AS before,
  CASE WHEN oldest IS NOT NULL THEN [oldest.epochSeconds, oldest.nanosecond] END AS oldest,
  record
