// A page of a Customer's Touchpoints, searched for identifiers.
//
// $customer  its id
// $names     the identifiers (kind:value)
// $after     the end of the previous page: a map of at and id, or null
// $scan      how many Touchpoints to scan
//
// Returns one row:
//   events  the ids of the Touchpoints that carry one of the identifiers
//   end     the last scanned Touchpoint, a map of at and id; null if none is after it
WITH CASE WHEN $after IS NULL
  THEN datetime({year: -999999999})
  ELSE datetime.fromepoch($after.at[0], $after.at[1])
END AS after
CALL (after) {
  MATCH (touchpoint:Touchpoint)
  USING INDEX touchpoint:Touchpoint(customerId, occurredAt, id)
  WHERE
    touchpoint.customerId = $customer AND
    touchpoint.occurredAt = after AND
    touchpoint.id > $after.id
  WITH touchpoint
  ORDER BY touchpoint.customerId, touchpoint.occurredAt, touchpoint.id
  LIMIT $scan
  RETURN touchpoint, touchpoint.occurredAt AS occurredAt, touchpoint.id AS id
  UNION ALL
  MATCH (touchpoint:Touchpoint)
  USING INDEX touchpoint:Touchpoint(customerId, occurredAt, id)
  WHERE
    touchpoint.customerId = $customer AND
    touchpoint.occurredAt > after AND
    touchpoint.id IS NOT NULL
  WITH touchpoint
  ORDER BY touchpoint.customerId, touchpoint.occurredAt, touchpoint.id
  LIMIT $scan
  RETURN touchpoint, touchpoint.occurredAt AS occurredAt, touchpoint.id AS id
}
WITH touchpoint, occurredAt, id
ORDER BY occurredAt, id
LIMIT $scan
WITH collect(touchpoint) AS scanned
WITH scanned, last(scanned) AS end
RETURN
  [touchpoint IN scanned WHERE any(name IN touchpoint.identifiers WHERE name IN $names) |
    touchpoint.id
  ] AS events,
  CASE WHEN size(scanned) = $scan
    THEN {id: end.id, at: [end.occurredAt.epochSeconds, end.occurredAt.nanosecond]}
  END AS end
