// The statistics of the latest minutes and days, in order of time.
//
// $minutesFrom  the beginning of the first minute, in seconds since 1970
// $daysFrom     the beginning of the first day, in seconds since 1970
//
// Returns a row per minute and per day that has events or rejections:
//   kind      minute or day
//   at        its beginning, in seconds since 1970
//   stored, newCustomers, rejected
//   names     the most frequent names of events
//   counts    how many events have each
UNWIND [['minute', $minutesFrom], ['day', $daysFrom]] AS start
MATCH (bucket:ActivityBucket)
WHERE bucket.kind = start[0] AND bucket.at >= datetime.fromepoch(start[1], 0)
RETURN
  bucket.kind AS kind,
  bucket.at.epochSeconds AS at,
  bucket.stored AS stored,
  bucket.newCustomers AS newCustomers,
  bucket.rejected AS rejected,
  bucket.names AS names,
  bucket.counts AS counts
ORDER BY at
