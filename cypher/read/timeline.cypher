// A page of the Touchpoints of a Customer and of the Customers merged into it, newest first. The
// scan ends after $scan Touchpoints, including those that a filter leaves out, and the next page
// continues from there. At a point in time, a Customer is merged if the merge existed then and was
// not undone by then. A part that was split later still belongs to the whole.
//
// $customer  the id of the Customer, or of one that is merged into it
// $from      the earliest time, [seconds since 1970, nanoseconds], or null
// $to        the time after the latest one, in the same form, or null
// $before    the end of the previous page: a map of at and id, or null
// $event     the only event to return, or null
// $asOf      the point in time, [seconds since 1970, nanoseconds], or null for now
// $scan      how many Touchpoints to scan, in all and for each merged Customer
// $limit     how many Touchpoints to return
//
// Returns one row, or none if there is no such Customer:
//   customerId   of the surviving Customer
//   touchpoints  maps, with `at`, their time; one more than the limit if there are more
//   end          the last scanned Touchpoint, a map of at and id; null if none is after it
MATCH (customer:Customer {id: $customer})
WITH
  customer,
  CASE WHEN $asOf IS NULL
    THEN datetime({year: 999999999})
    ELSE datetime.fromepoch($asOf[0], $asOf[1])
  END AS asOf
CALL (asOf, customer) {
  MATCH (customer)-[into:MERGED_INTO|WAS_MERGED_INTO|SPLIT_FROM*0..]->(survivor:Customer)
  WHERE all(link IN into WHERE
    coalesce(asOf < link.undoneAt, true) AND
    CASE type(link) WHEN 'SPLIT_FROM' THEN asOf < link.at ELSE link.at <= asOf END
  )
  RETURN survivor ORDER BY size(into) DESC LIMIT 1
}
WITH asOf, survivor
WHERE $asOf IS NULL OR survivor.createdAt <= asOf
CALL (asOf, survivor) {
  MATCH (member:Customer)-[into:MERGED_INTO|WAS_MERGED_INTO|SPLIT_FROM*0..]->(survivor)
  WHERE all(link IN into WHERE
    coalesce(asOf < link.undoneAt, true) AND
    CASE type(link) WHEN 'SPLIT_FROM' THEN asOf < link.at ELSE link.at <= asOf END
  )
  WITH
    member,
    CASE WHEN $from IS NULL
      THEN datetime({year: -999999999})
      ELSE datetime.fromepoch($from[0], $from[1])
    END AS from,
    CASE WHEN $to IS NULL
      THEN datetime({year: 999999999})
      ELSE datetime.fromepoch($to[0], $to[1])
    END AS to,
    CASE WHEN $before IS NULL
      THEN datetime({year: 999999999})
      ELSE datetime.fromepoch($before.at[0], $before.at[1])
    END AS before
  CALL (member, from, to, before) {
    // The other Touchpoints of the time at which the previous page ended. Without the hint, Neo4j
    // 5.26 uses the index of the ids, and reads half of it.
    MATCH (touchpoint:Touchpoint)
    USING INDEX SEEK touchpoint:Touchpoint(customerId, occurredAt, id)
    WHERE
      touchpoint.customerId = member.id AND
      touchpoint.occurredAt = before AND
      touchpoint.id < $before.id AND
      from <= before < to
    WITH touchpoint
    ORDER BY touchpoint.customerId DESC, touchpoint.occurredAt DESC, touchpoint.id DESC
    LIMIT $scan
    RETURN touchpoint, touchpoint.occurredAt AS occurredAt, touchpoint.id AS id
    UNION ALL
    MATCH (touchpoint:Touchpoint)
    USING INDEX SEEK touchpoint:Touchpoint(customerId, occurredAt, id)
    WHERE
      touchpoint.customerId = member.id AND
      from <= touchpoint.occurredAt < CASE WHEN before < to THEN before ELSE to END AND
      touchpoint.id IS NOT NULL
    WITH touchpoint
    ORDER BY touchpoint.customerId DESC, touchpoint.occurredAt DESC, touchpoint.id DESC
    LIMIT $scan
    RETURN touchpoint, touchpoint.occurredAt AS occurredAt, touchpoint.id AS id
  }
  WITH touchpoint
  ORDER BY occurredAt DESC, id DESC
  LIMIT $scan
  RETURN collect(touchpoint) AS scanned
}
WITH
  survivor,
  scanned,
  last(scanned) AS end,
  [touchpoint IN scanned WHERE
    ($event IS NULL OR touchpoint.event = $event) AND
    ($asOf IS NULL OR touchpoint.receivedAt <= asOf)
  ] AS matching
RETURN
  survivor.id AS customerId,
  [touchpoint IN matching[..$limit + 1] |
    touchpoint {
      .id, .event, .timestamp, .resolvedBy, .identifiers, .properties,
      occurredAt: toString(touchpoint.occurredAt),
      receivedAt: toString(touchpoint.receivedAt),
      at: [touchpoint.occurredAt.epochSeconds, touchpoint.occurredAt.nanosecond]
    }
  ] AS touchpoints,
  CASE WHEN size(scanned) = $scan
    THEN end {.id, at: [end.occurredAt.epochSeconds, end.occurredAt.nanosecond]}
  END AS end
