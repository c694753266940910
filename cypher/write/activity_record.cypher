// Adds rejections and statistics of a process to those of all processes, in one transaction. A
// repeat with the same sequence changes nothing. Processes that add to the same API key or the same
// bucket take turns, in one order.
//
// $batch  a map
//   writer     the id of the process
//   sequence   the number of this write: 1 for its first one, then one more each time
//   maxGroups  how many groups an API key has; the least recently seen one beyond it is replaced
//   maxNames   how many names of events a bucket has; the least frequent ones are left out
//   keys       maps, in the order of their ids:
//     id       of the API key; empty for requests without a valid one
//     groups   maps of id, code, field, count, firstSeen, lastSeen, message and sample. The times
//              are [seconds since 1970, nanoseconds]. A sample may be null.
//   buckets    maps, in the order of kind and at:
//     kind     minute or day
//     at       its beginning, in seconds since 1970
//     stored, newCustomers, rejected  how many to add
//     events   a list of [name, count]
//
// Returns nothing.
MERGE (writer:ActivityWriter {id: $batch.writer})
  ON CREATE SET writer.sequence = 0
// Takes the lock, so that an attempt that still runs is waited for.
SET writer.seenAt = datetime()
WITH writer
WHERE writer.sequence < $batch.sequence
SET writer.sequence = $batch.sequence
WITH writer
CALL (writer) {
  UNWIND $batch.keys AS key
  // The group of the replaced ones; its lock is the lock of the API key. A property that is read
  // and set to itself may have been read before the lock, and lose the write of another process.
  MERGE (other:RejectionGroup {apiKey: key.id, code: 'other', field: ''})
    ON CREATE SET other.count = 0
  SET other.locked = true
  WITH key, other
  CALL (key) {
    UNWIND key.groups AS group
    WITH key, group,
      datetime.fromepoch(group.firstSeen[0], group.firstSeen[1]) AS firstSeen,
      datetime.fromepoch(group.lastSeen[0], group.lastSeen[1]) AS lastSeen
    MERGE (rejections:RejectionGroup {apiKey: key.id, code: group.code, field: group.field})
      ON CREATE SET rejections.count = 0
    WITH group, firstSeen, lastSeen, rejections,
      coalesce(rejections.lastSeen <= lastSeen, true) AS isLatest
    SET
      rejections.id = group.id,
      rejections.count = rejections.count + group.count,
      rejections.firstSeen = CASE
        WHEN rejections.firstSeen <= firstSeen THEN rejections.firstSeen
        ELSE firstSeen
      END,
      rejections.message = CASE WHEN isLatest THEN group.message ELSE rejections.message END,
      rejections.sample = CASE WHEN isLatest THEN group.sample ELSE rejections.sample END,
      rejections.lastSeen = CASE WHEN isLatest THEN lastSeen ELSE rejections.lastSeen END
    RETURN count(*) AS groups
  }
  CALL (key, other) {
    MATCH (old:RejectionGroup)
    WHERE old.apiKey = key.id AND old.code IS NOT NULL AND old.field IS NOT NULL AND old <> other
    WITH other, old
    ORDER BY old.lastSeen DESC, old.id DESC
    SKIP $batch.maxGroups
    WITH other, collect(old) AS replaced
    WHERE size(replaced) > 0
    WITH other, replaced,
      reduce(sum = 0, old IN replaced | sum + old.count) AS count,
      reduce(first = other.firstSeen, old IN replaced |
        CASE WHEN first <= old.firstSeen THEN first ELSE old.firstSeen END
      ) AS firstSeen,
      reduce(last = other.lastSeen, old IN replaced |
        CASE WHEN last >= old.lastSeen THEN last ELSE old.lastSeen END
      ) AS lastSeen
    SET
      other.id = 'rej_other_' + other.apiKey,
      other.count = other.count + count,
      other.firstSeen = firstSeen,
      other.lastSeen = lastSeen
    FOREACH (old IN replaced | DELETE old)
    RETURN count(*) AS replacements
  }
  REMOVE other.locked
  RETURN count(*) AS keys
}
CALL (writer) {
  UNWIND $batch.buckets AS added
  MERGE (bucket:ActivityBucket {kind: added.kind, at: datetime.fromepoch(added.at, 0)})
    ON CREATE SET
      bucket.stored = 0,
      bucket.newCustomers = 0,
      bucket.rejected = 0,
      bucket.names = [],
      bucket.counts = []
  SET bucket.locked = true
  WITH added, bucket
  CALL (added, bucket) {
    UNWIND added.events +
      [n IN range(0, size(bucket.names) - 1) | [bucket.names[n], bucket.counts[n]]] AS event
    WITH event[0] AS name, sum(event[1]) AS count
    ORDER BY count DESC, name
    LIMIT $batch.maxNames
    RETURN collect(name) AS names, collect(count) AS counts
  }
  SET
    bucket.stored = bucket.stored + added.stored,
    bucket.newCustomers = bucket.newCustomers + added.newCustomers,
    bucket.rejected = bucket.rejected + added.rejected,
    bucket.names = names,
    bucket.counts = counts
  REMOVE bucket.locked
  RETURN count(*) AS buckets
}
FINISH
