// A part of the Touchpoints that are older than a retention, counted in the order of their times.
//
// $days   the retention, in days
// $now    the time of the process, [seconds since 1970, nanoseconds]
// $page   the page before, a map of `before` and `end`, or null
// $scan   how many Touchpoints to count, and all others of the same time as the last of these
//
// Returns one row:
//   before       the time before which Touchpoints are older, [seconds since 1970, nanoseconds]
//   touchpoints  how many are on this page
//   first        the time of the first one of the page as a text, or null
//   end          the time of the last one, [seconds since 1970, nanoseconds]; null if none is left
WITH datetime() AS now, datetime.fromepoch($now[0], $now[1]) AS other
WITH
  CASE
    WHEN $page IS NOT NULL THEN datetime.fromepoch($page.before[0], $page.before[1])
    // If one of the two clocks is ahead, the other one decides.
    ELSE CASE WHEN other < now THEN other ELSE now END - duration({days: $days})
  END AS before,
  CASE WHEN $page IS NULL
    THEN datetime({year: -999999999})
    ELSE datetime.fromepoch($page.end[0], $page.end[1])
  END AS after
CALL (before, after) {
  MATCH (touchpoint:Touchpoint)
  USING INDEX SEEK touchpoint:Touchpoint(occurredAt)
  WHERE after < touchpoint.occurredAt < before
  WITH touchpoint.occurredAt AS occurredAt
  ORDER BY touchpoint.occurredAt
  LIMIT $scan
  RETURN min(occurredAt) AS first, max(occurredAt) AS end
}
CALL (after, end) {
  MATCH (touchpoint:Touchpoint)
  USING INDEX SEEK touchpoint:Touchpoint(occurredAt)
  WHERE after < touchpoint.occurredAt <= end
  RETURN count(*) AS touchpoints
}
RETURN
  [before.epochSeconds, before.nanosecond] AS before,
  touchpoints,
  toString(first) AS first,
  CASE WHEN end IS NOT NULL THEN [end.epochSeconds, end.nanosecond] END AS end
