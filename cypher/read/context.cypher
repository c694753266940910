// Finds a Customer by its id, or by the first of the identifiers that has an owner, and returns its
// context. The surviving Customer represents the Customers that are merged into it. At a point in
// time, a Customer is merged if the merge existed then and was not undone by then. A part that was
// split later still belongs to the whole.
//
// $customer  the id of the Customer, or null
// $keys      the identifiers, maps of kind and value, highest priority first
// $asOf      the point in time, [seconds since 1970, nanoseconds], or null for now
// $event     the only event to count and to return, or null
// $from      the earliest time of an event, [seconds since 1970, nanoseconds], or null
// $to        the time after the latest one, in the same form, or null
// $since     the time after which an event was received, in the same form, or null
// $evidence  whether to return the events that are evidence of other facts: without it, at and
//            eventId are null, and seen is empty
// $limit     how many Touchpoints to return, latest first
// $scan      how many Touchpoints to count, latest first, if there are more. At a point in time,
//            these are the latest that occurred by then
//
// Returns one row, or none if no Customer matches:
//   customerId, createdAt  of the surviving Customer
//   matchedBy    customer, or the kind of the identifier that matched
//   merged       the merged Customers: maps of customerId, mergeId, at and reason, latest first
//   identifiers  maps of kind, value, weight, since and shared, highest priority first
//   counted      how many Touchpoints are counted, if there are more than $scan; else null
//   total        how many Touchpoints there are, if counted is not null, and $asOf is
//   events       maps of event and count, most frequent first; at and eventId are of the latest one
//   first, last  when the first and the last Touchpoint occurred; with a filter, among the counted
//   seen         maps of identifier, as kind:value, at and eventId: the latest counted Touchpoint
//                with it
//   samePeople   maps of customerId, kind, firstSeen, lastSeen, count and eventId, latest first;
//                lastSeen, count and eventId are null if they changed after $asOf
//   touchpoints  maps, newest first
WITH
  CASE WHEN $asOf IS NULL
    THEN datetime({year: 999999999})
    ELSE datetime.fromepoch($asOf[0], $asOf[1])
  END AS asOf
CALL (asOf) {
  WITH $customer AS id
  WHERE id IS NOT NULL
  RETURN id, 'customer' AS matchedBy, 0 AS place
  UNION ALL
  WITH asOf, [place IN range(0, size($keys) - 1) WHERE $customer IS NULL] AS places
  UNWIND places AS place
  MATCH
    (:Identifier {kind: $keys[place].kind, value: $keys[place].value})
    -[identifies:IDENTIFIES]->(owner:Customer)
  WHERE identifies.since <= asOf
  RETURN coalesce(identifies.home, owner.id) AS id, $keys[place].kind AS matchedBy, place
  UNION ALL
  // An Identifier that was moved to another Customer later.
  WITH asOf, [place IN range(0, size($keys) - 1) WHERE
    $customer IS NULL AND $asOf IS NOT NULL
  ] AS places
  UNWIND places AS place
  MATCH
    (:Identifier {kind: $keys[place].kind, value: $keys[place].value})
    -[past:IDENTIFIED]->(owner:Customer)
  WHERE past.since <= asOf < past.until
  RETURN owner.id AS id, $keys[place].kind AS matchedBy, place
}
WITH asOf, id, matchedBy ORDER BY place LIMIT 1
MATCH (customer:Customer {id: id})
CALL (asOf, customer) {
  MATCH (customer)-[into:MERGED_INTO|WAS_MERGED_INTO|SPLIT_FROM*0..]->(survivor:Customer)
  WHERE all(link IN into WHERE
    coalesce(asOf < link.undoneAt, true) AND
    CASE type(link) WHEN 'SPLIT_FROM' THEN asOf < link.at ELSE link.at <= asOf END
  )
  RETURN survivor ORDER BY size(into) DESC LIMIT 1
}
WITH asOf, survivor, matchedBy
WHERE $asOf IS NULL OR survivor.createdAt <= asOf
// Each part matches the members again: a list of them would be a part of each row, and of the memory
// that sorts the rows.
CALL (asOf, survivor) {
  MATCH (member:Customer)-[into:MERGED_INTO|WAS_MERGED_INTO|SPLIT_FROM*0..]->(survivor)
  WHERE all(link IN into WHERE
    coalesce(asOf < link.undoneAt, true) AND
    CASE type(link) WHEN 'SPLIT_FROM' THEN asOf < link.at ELSE link.at <= asOf END
  )
  RETURN sum(COUNT { (member)-[:HAS_TOUCHPOINT]->() }) AS total
}
WITH *,
  total > $scan AS isBounded,
  $event IS NOT NULL OR $from IS NOT NULL OR $to IS NOT NULL OR $since IS NOT NULL AS isFiltered
CALL (asOf, survivor) {
  MATCH (member:Customer)-[into:MERGED_INTO|WAS_MERGED_INTO|SPLIT_FROM*0..]->(survivor)
  WHERE all(link IN into WHERE
    coalesce(asOf < link.undoneAt, true) AND
    CASE type(link) WHEN 'SPLIT_FROM' THEN asOf < link.at ELSE link.at <= asOf END
  )
  WITH asOf, survivor, member
  MATCH (member)-[link:MAY_BE_SAME_AS|NOT_SAME_AS|WAS_NOT_SAME_AS]-(customer:Customer)
  WHERE coalesce(link.firstSeen, link.at) <= asOf AND coalesce(asOf < link.undoneAt, true)
  CALL (asOf, customer) {
    MATCH (customer)-[into:MERGED_INTO|WAS_MERGED_INTO|SPLIT_FROM*0..]->(other:Customer)
    WHERE all(link IN into WHERE
      coalesce(asOf < link.undoneAt, true) AND
      CASE type(link) WHEN 'SPLIT_FROM' THEN asOf < link.at ELSE link.at <= asOf END
    )
    RETURN other ORDER BY size(into) DESC LIMIT 1
  }
  WITH asOf, survivor, other, collect(link) AS links
  WHERE other <> survivor AND all(link IN links WHERE type(link) = 'MAY_BE_SAME_AS')
  UNWIND links AS conflict
  WITH
    asOf,
    other,
    conflict.kind AS kind,
    min(conflict.firstSeen) AS firstSeen,
    max(conflict.lastSeen) AS lastSeen,
    sum(conflict.count) AS count,
    collect(conflict) AS links
  ORDER BY lastSeen DESC, other.id, kind
  RETURN
    collect({
      customerId: other.id,
      kind: kind,
      firstSeen: toString(firstSeen),
      lastSeen: CASE WHEN lastSeen <= asOf THEN toString(lastSeen) END,
      count: CASE WHEN lastSeen <= asOf THEN count END,
      eventId: head(COLLECT {
        UNWIND CASE WHEN $evidence AND lastSeen <= asOf THEN links ELSE [] END AS link
        UNWIND [[startNode(link), endNode(link)], [endNode(link), startNode(link)]] AS sides
        WITH sides[0] AS customer, sides[1] AS owner
        MATCH (customer)<-[seen:SEEN_WITH]-(identifier)-[:IDENTIFIES]->(holder:Customer)
        WHERE identifier.kind = kind AND holder.id IN [owner.id, owner.survivor]
        WITH seen ORDER BY seen.lastSeen DESC, seen.lastEvent DESC
        WHERE EXISTS { (:Touchpoint {id: seen.lastEvent}) }
        RETURN seen.lastEvent LIMIT 1
      })
    }) AS samePeople
}
CALL (asOf, survivor, isBounded) {
  MATCH (member:Customer)-[into:MERGED_INTO|WAS_MERGED_INTO|SPLIT_FROM*0..]->(survivor)
  WHERE all(link IN into WHERE
    coalesce(asOf < link.undoneAt, true) AND
    CASE type(link) WHEN 'SPLIT_FROM' THEN asOf < link.at ELSE link.at <= asOf END
  )
  // As of a point in time, a bounded scan from the latest Touchpoint might not reach that time.
  WITH
    asOf,
    member,
    CASE WHEN isBounded THEN asOf ELSE datetime({year: 999999999}) END AS until,
    CASE WHEN $from IS NULL
      THEN datetime({year: -999999999})
      ELSE datetime.fromepoch($from[0], $from[1])
    END AS from,
    CASE WHEN $to IS NULL
      THEN datetime({year: 999999999})
      ELSE datetime.fromepoch($to[0], $to[1])
    END AS to
  CALL (member, until, from, to) {
    MATCH (touchpoint:Touchpoint)
    USING INDEX SEEK touchpoint:Touchpoint(customerId, occurredAt, id)
    WHERE
      touchpoint.customerId = member.id AND
      from <= touchpoint.occurredAt <= CASE WHEN to < until THEN to ELSE until END AND
      touchpoint.id IS NOT NULL
    WITH touchpoint
    ORDER BY touchpoint.customerId DESC, touchpoint.occurredAt DESC, touchpoint.id DESC
    LIMIT $scan
    RETURN touchpoint
  }
  WITH asOf, touchpoint, touchpoint.occurredAt AS occurredAt, touchpoint.id AS id
  ORDER BY occurredAt DESC, id DESC
  LIMIT $scan
  WITH touchpoint, occurredAt, id
  WHERE
    ($asOf IS NULL OR touchpoint.receivedAt <= asOf) AND
    ($event IS NULL OR touchpoint.event = $event) AND
    ($to IS NULL OR occurredAt < datetime.fromepoch($to[0], $to[1])) AND
    ($since IS NULL OR touchpoint.receivedAt > datetime.fromepoch($since[0], $since[1]))
  RETURN collect([touchpoint, occurredAt, id]) AS latest
}
CALL (latest) {
  UNWIND latest AS entry
  WITH
    entry[0].event AS event,
    count(*) AS count,
    max(CASE WHEN $evidence THEN [entry[1], entry[2]] END) AS last
  ORDER BY count DESC, event
  RETURN
    collect({event: event, count: count, at: toString(last[0]), eventId: last[1]}) AS events
}
CALL (latest) {
  UNWIND CASE WHEN $evidence THEN latest ELSE [] END AS entry
  UNWIND entry[0].identifiers AS identifier
  WITH identifier, max([entry[1], entry[2]]) AS last
  RETURN collect({identifier: identifier, at: toString(last[0]), eventId: last[1]}) AS seen
}
CALL (asOf, survivor, isBounded, isFiltered) {
  WITH asOf, survivor
  WHERE isBounded AND NOT isFiltered
  MATCH (member:Customer)-[into:MERGED_INTO|WAS_MERGED_INTO|SPLIT_FROM*0..]->(survivor)
  WHERE all(link IN into WHERE
    coalesce(asOf < link.undoneAt, true) AND
    CASE type(link) WHEN 'SPLIT_FROM' THEN asOf < link.at ELSE link.at <= asOf END
  )
  CALL (asOf, member) {
    MATCH (touchpoint:Touchpoint)
    USING INDEX SEEK touchpoint:Touchpoint(customerId, occurredAt, id)
    WHERE
      touchpoint.customerId = member.id AND
      touchpoint.occurredAt IS NOT NULL AND
      touchpoint.id IS NOT NULL AND
      ($asOf IS NULL OR touchpoint.receivedAt <= asOf)
    WITH touchpoint
    ORDER BY touchpoint.customerId, touchpoint.occurredAt, touchpoint.id
    LIMIT 1
    RETURN touchpoint.occurredAt AS occurredAt
  }
  RETURN min(occurredAt) AS oldest
}
RETURN
  survivor.id AS customerId,
  toString(survivor.createdAt) AS createdAt,
  matchedBy,
  COLLECT {
    MATCH (member:Customer)-[into:MERGED_INTO|WAS_MERGED_INTO|SPLIT_FROM*0..]->(survivor)
    WHERE all(link IN into WHERE
      coalesce(asOf < link.undoneAt, true) AND
      CASE type(link) WHEN 'SPLIT_FROM' THEN asOf < link.at ELSE link.at <= asOf END
    )
    WITH member, head(into) AS merge
    WHERE type(merge) <> 'SPLIT_FROM'
    WITH member, merge ORDER BY merge.at DESC, merge.id DESC
    RETURN {
      customerId: member.id,
      mergeId: merge.id,
      at: toString(merge.at),
      reason: merge.reason
    }
  } AS merged,
  COLLECT {
    MATCH (member:Customer)-[into:MERGED_INTO|WAS_MERGED_INTO|SPLIT_FROM*0..]->(survivor)
    WHERE all(link IN into WHERE
      coalesce(asOf < link.undoneAt, true) AND
      CASE type(link) WHEN 'SPLIT_FROM' THEN asOf < link.at ELSE link.at <= asOf END
    )
    CALL (asOf, member) {
      MATCH (identifier:Identifier)-[identifies:IDENTIFIES]->(member)
      WHERE identifies.home IS NULL
      RETURN identifier, identifies.since AS since
      UNION ALL
      MATCH (identifier:Identifier)-[identifies:IDENTIFIES {home: member.id}]->(:Customer)
      USING INDEX SEEK identifies:IDENTIFIES(home)
      RETURN identifier, identifies.since AS since
      UNION ALL
      MATCH (identifier:Identifier)-[past:IDENTIFIED]->(member)
      WHERE $asOf IS NOT NULL AND past.since <= asOf < past.until
      RETURN identifier, past.since AS since
    }
    WITH identifier, since
    WHERE since <= asOf
    WITH identifier, since ORDER BY identifier.weight DESC, since, identifier.value
    RETURN identifier {
      .kind,
      .value,
      .weight,
      since: toString(since),
      shared: CASE WHEN identifier.shared <= asOf THEN toString(identifier.shared) END
    }
  } AS identifiers,
  CASE WHEN isBounded THEN size(latest) END AS counted,
  CASE WHEN isBounded AND $asOf IS NULL THEN total END AS total,
  events,
  seen,
  toString(CASE WHEN isBounded AND NOT isFiltered THEN oldest ELSE last(latest)[1] END) AS first,
  toString(head(latest)[1]) AS last,
  samePeople,
  [entry IN latest[..$limit] | {
    id: entry[2],
    event: entry[0].event,
    timestamp: entry[0].timestamp,
    occurredAt: toString(entry[1]),
    receivedAt: toString(entry[0].receivedAt),
    resolvedBy: entry[0].resolvedBy,
    identifiers: entry[0].identifiers,
    properties: entry[0].properties
  }] AS touchpoints
