// A page of conflicts, the strongest first: the pairs of Customers who may be one person. What has
// become one Customer, or was dismissed, is left out, and so is a doubt of a pair that has a
// stronger one. The looking ends after $scan doubts, and the next page goes on from there.
//
// $before  where the page before ended: a map of strength and id, or null
// $scan    how many doubts to look at
// $limit   how many pairs to return
// $keys    how many keys of each pair to return
//
// Returns one row:
//   conflicts  maps, one more than the limit where there are more:
//     strength, id  of the doubt
//     of            the ids of its two Customers, in their order
//     customers     those whom the two belong to by now: maps of customerId, createdAt,
//                   touchpoints and identifiers, the last two being counts
//     kinds, count, firstSeen, lastSeen  of all doubts between the two
//     keys          maps of identifier, owner, seenWith, count, firstSeen, lastSeen and lastEvent,
//                   those that were overruled most often first
//   end        the last doubt that was looked at, a map of strength and id; null where none is
//              after it
CALL () {
  WITH coalesce($before.strength, 1.0e300) AS strength
  CALL (strength) {
    MATCH ()-[doubt:MAY_BE_SAME_AS]->()
    USING INDEX doubt:MAY_BE_SAME_AS(strength, id)
    WHERE doubt.strength = strength AND doubt.id < $before.id
    WITH doubt
    ORDER BY doubt.strength DESC, doubt.id DESC
    LIMIT $scan
    RETURN doubt
    UNION ALL
    MATCH ()-[doubt:MAY_BE_SAME_AS]->()
    USING INDEX doubt:MAY_BE_SAME_AS(strength, id)
    WHERE doubt.strength < strength AND doubt.id IS NOT NULL
    WITH doubt
    ORDER BY doubt.strength DESC, doubt.id DESC
    LIMIT $scan
    RETURN doubt
  }
  WITH doubt
  ORDER BY doubt.strength DESC, doubt.id DESC
  LIMIT $scan
  RETURN collect(doubt) AS scanned
}
CALL (scanned) {
  UNWIND scanned AS doubt
  WITH doubt,
    CASE WHEN startNode(doubt).id < endNode(doubt).id
      THEN [startNode(doubt), endNode(doubt)]
      ELSE [endNode(doubt), startNode(doubt)]
    END AS pair
  MATCH (one:Customer {id: coalesce(pair[0].survivor, pair[0].id)})
  MATCH (other:Customer {id: coalesce(pair[1].survivor, pair[1].id)})
  WHERE one <> other
  WITH doubt, pair, one, other,
    COLLECT {
      MATCH (one)<-[:MERGED_INTO*0..]-(member:Customer)
      RETURN member
    } AS ones,
    COLLECT {
      MATCH (other)<-[:MERGED_INTO*0..]-(member:Customer)
      RETURN member
    } AS others
  WHERE NOT EXISTS {
    UNWIND ones AS member
    UNWIND others AS peer
    MATCH (member)-[:NOT_SAME_AS]-(peer)
    RETURN member
  } AND NOT EXISTS {
    UNWIND ones AS member
    UNWIND others AS peer
    MATCH (member)-[stronger:MAY_BE_SAME_AS]-(peer)
    WHERE
      stronger.strength > doubt.strength OR
      (stronger.strength = doubt.strength AND stronger.id > doubt.id)
    RETURN member
  }
  WITH doubt, pair, one, other, ones, others
  LIMIT $limit + 1
  CALL (ones, others) {
    UNWIND ones AS member
    UNWIND others AS peer
    MATCH (member)-[each:MAY_BE_SAME_AS]-(peer)
    WITH each
    ORDER BY each.strength DESC, each.id DESC
    RETURN
      collect(DISTINCT each.kind) AS kinds,
      sum(each.count) AS count,
      toString(min(each.firstSeen)) AS firstSeen,
      toString(max(each.lastSeen)) AS lastSeen
  }
  RETURN collect({
    strength: doubt.strength,
    id: doubt.id,
    of: [pair[0].id, pair[1].id],
    customers: COLLECT {
      UNWIND [[one, ones], [other, others]] AS side
      WITH side[0] AS customer, side[1] AS members
      RETURN {
        customerId: customer.id,
        createdAt: toString(customer.createdAt),
        touchpoints: reduce(
          sum = 0, member IN members | sum + COUNT { (member)-[:HAS_TOUCHPOINT]->() }
        ),
        identifiers: reduce(
          sum = 0, member IN members | sum + COUNT { (member)<-[:IDENTIFIES]-() }
        )
      }
    },
    kinds: kinds,
    count: count,
    firstSeen: firstSeen,
    lastSeen: lastSeen,
    keys: COLLECT {
      UNWIND [[one, ones, other, others], [other, others, one, ones]] AS side
      WITH side[0] AS owner, side[1] AS owners, side[2] AS decided, side[3] AS members
      UNWIND owners AS holder
      MATCH (holder)<-[:IDENTIFIES]-(identifier:Identifier)
      WITH owner, decided, members, identifier
      UNWIND members AS member
      MATCH (identifier)-[seen:SEEN_WITH]->(member)
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
        lastEvent: seen.lastEvent
      }
    }
  }) AS conflicts
}
WITH conflicts, scanned, last(scanned) AS end
RETURN
  conflicts,
  CASE WHEN size(scanned) = $scan
    THEN end {.strength, .id}
  END AS end
