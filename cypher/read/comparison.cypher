// Two Customers side by side: their Identifiers, the evidence that they are one person, and the
// decisions on them.
//
// $one          the id of one Customer
// $other        the id of the other
// $identifiers  how many Identifiers of each to return
// $keys         how many conflicting identifiers to return
// $scan         how many of the latest Touchpoints of each to search for conflicting identifiers
// $events       how many of these Touchpoints to return
//
// Returns one row, or none if one of the two does not exist:
//   of          the ids of the Customers of the strongest conflict, or of the two if there is none
//   customers   the surviving Customers, one if the two are merged: maps of customerId, createdAt,
//               customers, touchpoints and identifierCount, the last three being counts, and
//               identifiers, maps of kind, value, since and shared
//   strength    of the strongest conflict; null if there is none
//   kinds, count, firstSeen, lastSeen  of all conflicts between the two
//   conflicting  maps of identifier, owner, seenWith, count, firstSeen, lastSeen, lastEvent and
//               shared, the most frequent first; lastEvent is null if that is deleted
//   events      maps of eventId, event, occurredAt and identifiers, the conflicting ones; newest
//               first
//   dismissals  maps of id, at, by and reason
//   merges      maps of id, at, by, reason, merged and into: those by which the two are merged, the
//               latest first
MATCH (first:Customer {id: $one})
MATCH (second:Customer {id: $other})
MATCH (one:Customer {id: coalesce(first.survivor, first.id)})
MATCH (other:Customer {id: coalesce(second.survivor, second.id)})
WITH first, second, one, other,
  COLLECT {
    MATCH (one)<-[:MERGED_INTO*0..]-(member:Customer)
    RETURN member
  } AS ones,
  COLLECT {
    MATCH (other)<-[:MERGED_INTO*0..]-(member:Customer)
    WHERE one <> other
    RETURN member
  } AS others
CALL (ones, others) {
  UNWIND ones AS member
  UNWIND others AS peer
  MATCH (member)-[evidence:MAY_BE_SAME_AS]-(peer)
  WITH evidence
  ORDER BY evidence.strength DESC, evidence.id DESC
  RETURN
    head(collect([startNode(evidence).id, endNode(evidence).id])) AS pair,
    max(evidence.strength) AS strength,
    collect(DISTINCT evidence.kind) AS kinds,
    sum(evidence.count) AS count,
    toString(min(evidence.firstSeen)) AS firstSeen,
    toString(max(evidence.lastSeen)) AS lastSeen
}
WITH *,
  COLLECT {
    UNWIND [[one, ones, other, others], [other, others, one, ones]] AS side
    WITH side[0] AS owner, side[1] AS owners, side[2] AS decided, side[3] AS members
    UNWIND owners AS holder
    MATCH (holder)<-[:IDENTIFIES]-(identifier:Identifier)
    WITH owner, decided, members, identifier
    UNWIND members AS member
    MATCH (identifier)-[seen:SEEN_WITH]->(member)
    WHERE owner <> decided
    WITH owner, decided, identifier, seen
    ORDER BY seen.count DESC, seen.lastSeen DESC, identifier.kind, identifier.value
    LIMIT $keys
    RETURN {
      identifier: identifier.kind + ':' + identifier.value,
      owner: owner.id,
      seenWith: decided.id,
      count: seen.count,
      firstSeen: toString(seen.firstSeen),
      lastSeen: toString(seen.lastSeen),
      lastEvent: CASE WHEN EXISTS { (:Touchpoint {id: seen.lastEvent}) }
        THEN seen.lastEvent
      END,
      shared: identifier.shared IS NOT NULL
    }
  } AS keys
CALL (ones, others, keys) {
  UNWIND CASE WHEN keys = [] THEN [] ELSE ones + others END AS member
  WITH member, [key IN keys WHERE key.seenWith = coalesce(member.survivor, member.id) |
    key.identifier
  ] AS names
  CALL (member) {
    MATCH (touchpoint:Touchpoint {customerId: member.id})
    USING INDEX SEEK touchpoint:Touchpoint(customerId, occurredAt, id)
    WHERE touchpoint.occurredAt IS NOT NULL AND touchpoint.id IS NOT NULL
    WITH touchpoint
    ORDER BY touchpoint.customerId DESC, touchpoint.occurredAt DESC, touchpoint.id DESC
    LIMIT $scan
    RETURN touchpoint
  }
  WITH touchpoint, [name IN names WHERE name IN touchpoint.identifiers] AS conflicting
  WHERE conflicting <> []
  WITH touchpoint, conflicting
  ORDER BY touchpoint.occurredAt DESC, touchpoint.id DESC
  LIMIT $events
  RETURN collect({
    eventId: touchpoint.id,
    event: touchpoint.event,
    occurredAt: toString(touchpoint.occurredAt),
    identifiers: conflicting
  }) AS events
}
RETURN
  coalesce(pair, [first.id, second.id]) AS of,
  COLLECT {
    UNWIND CASE WHEN one = other THEN [[one, ones]] ELSE [[one, ones], [other, others]] END AS side
    WITH side[0] AS customer, side[1] AS members
    RETURN {
      customerId: customer.id,
      createdAt: toString(customer.createdAt),
      customers: size(members),
      touchpoints: reduce(
        sum = 0, member IN members | sum + COUNT { (member)-[:HAS_TOUCHPOINT]->() }
      ),
      identifierCount: COUNT { (customer)<-[:IDENTIFIES]-() },
      identifiers: COLLECT {
        MATCH (identifier:Identifier)-[identifies:IDENTIFIES]->(customer)
        WITH identifier, identifies
        ORDER BY identifier.weight DESC, identifies.since, identifier.value
        LIMIT $identifiers
        RETURN {
          kind: identifier.kind,
          value: identifier.value,
          since: toString(identifies.since),
          shared: identifier.shared IS NOT NULL
        }
      }
    }
  } AS customers,
  strength,
  kinds,
  count,
  firstSeen,
  lastSeen,
  keys AS conflicting,
  events,
  COLLECT {
    UNWIND ones AS member
    UNWIND others AS peer
    MATCH (member)-[dismissal:NOT_SAME_AS]-(peer)
    WITH dismissal ORDER BY dismissal.at DESC, dismissal.id
    RETURN {
      id: dismissal.id, at: toString(dismissal.at), by: dismissal.by, reason: dismissal.reason
    }
  } AS dismissals,
  COLLECT {
    MATCH (first)-[up:MERGED_INTO*0..]->(one)
    WHERE one = other
    MATCH (second)-[down:MERGED_INTO*0..]->(other)
    UNWIND
      [link IN up WHERE NOT link IN down] + [link IN down WHERE NOT link IN up] AS merge
    WITH merge ORDER BY merge.at DESC, merge.id DESC
    RETURN {
      id: merge.id,
      at: toString(merge.at),
      by: merge.by,
      reason: merge.reason,
      merged: startNode(merge).id,
      into: endNode(merge).id
    }
  } AS merges
