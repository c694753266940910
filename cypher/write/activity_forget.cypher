// Deletes groups of rejections, statistics and records of processes after their retention, a
// bounded number of each.
//
// $groupsBefore   when a group was last seen at the latest, in seconds since 1970
// $minutesBefore  the end of the minutes to delete, in seconds since 1970
// $daysBefore     the end of the days to delete, in seconds since 1970
// $writersBefore  an id of a process that began at the end of the retention
// $keepSamples    whether the groups keep their samples
// $limit          how many of each to delete
//
// Returns one row:
//   deleted  how many were deleted
CALL () {
  MATCH (rejections:RejectionGroup)
  WHERE
    rejections.lastSeen < datetime.fromepoch($groupsBefore, 0) AND
    rejections.id IS NOT NULL
  WITH rejections
  LIMIT $limit
  DELETE rejections
  RETURN count(*) AS groups
}
CALL () {
  UNWIND [['minute', $minutesBefore], ['day', $daysBefore]] AS end
  CALL (end) {
    MATCH (bucket:ActivityBucket)
    WHERE bucket.kind = end[0] AND bucket.at < datetime.fromepoch(end[1], 0)
    WITH bucket
    LIMIT $limit
    DELETE bucket
    RETURN count(*) AS deleted
  }
  RETURN sum(deleted) AS buckets
}
CALL () {
  MATCH (writer:ActivityWriter)
  WHERE writer.id < $writersBefore AND writer.seenAt < datetime.fromepoch($groupsBefore, 0)
  WITH writer
  LIMIT $limit
  DELETE writer
  RETURN count(*) AS writers
}
CALL () {
  WITH 1 AS one
  WHERE NOT $keepSamples
  MATCH (rejections:RejectionGroup)
  WHERE rejections.lastSeen IS NOT NULL AND rejections.id IS NOT NULL
  WITH rejections
  WHERE rejections.sample IS NOT NULL
  LIMIT $limit
  REMOVE rejections.sample
  RETURN count(*) AS samples
}
RETURN groups + buckets + writers + samples AS deleted
