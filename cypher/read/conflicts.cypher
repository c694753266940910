// A page of identity conflicts, strongest first: the pairs of Customers that may be one person. A
// conflict has one kind of identifier. A pair is listed with its strongest conflict. Merged and
// dismissed pairs are left out. The scan ends after $scan conflicts, and the next page continues
// from there.
//
// $before  the end of the previous page: a map of strength and id, or null
// $scan    how many conflicts to scan
// $limit   how many pairs to return
// $keys    how many identifiers of each pair to return
//
// Returns one row:
//   conflicts  maps, one more than the limit if there are more:
//     strength, id  of the strongest conflict of the pair
//     of            the ids of its two Customers, in their order
//     customers     the surviving Customers of the two: maps of customerId, createdAt,
//                   touchpoints and identifiers, the last two being counts
//     kinds, count, firstSeen, lastSeen  of all conflicts between the two
//     keys          maps of identifier, owner, seenWith, count, firstSeen, lastSeen and lastEvent,
//                   the most frequent first; lastEvent is null if that is deleted
//   end        the last scanned conflict, a map of strength and id; null if none is after it
CALL () {
  WITH coalesce($before.strength, 1.0e300) AS strength
  CALL (strength) {
    MATCH ()-[conflict:MAY_BE_SAME_AS]->()
    USING INDEX conflict:MAY_BE_SAME_AS(strength, id)
    WHERE conflict.strength = strength AND conflict.id < $before.id
    WITH conflict
    ORDER BY conflict.strength DESC, conflict.id DESC
    LIMIT $scan
    RETURN conflict
    UNION ALL
    MATCH ()-[conflict:MAY_BE_SAME_AS]->()
    USING INDEX conflict:MAY_BE_SAME_AS(strength, id)
    WHERE conflict.strength < strength AND conflict.id IS NOT NULL
    WITH conflict
    ORDER BY conflict.strength DESC, conflict.id DESC
    LIMIT $scan
    RETURN conflict
  }
  WITH conflict
  ORDER BY conflict.strength DESC, conflict.id DESC
  LIMIT $scan
  RETURN collect(conflict) AS scanned
}
CALL (scanned) {
  UNWIND scanned AS conflict
  WITH conflict,
    CASE WHEN startNode(conflict).id < endNode(conflict).id
      THEN [startNode(conflict), endNode(conflict)]
      ELSE [endNode(conflict), startNode(conflict)]
    END AS pair
  MATCH (one:Customer {id: coalesce(pair[0].survivor, pair[0].id)})
  MATCH (other:Customer {id: coalesce(pair[1].survivor, pair[1].id)})
  WHERE one <> other
  WITH conflict, pair, one, other,
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
      stronger.strength > conflict.strength OR
      (stronger.strength = conflict.strength AND stronger.id > conflict.id)
    RETURN member
  }
  WITH conflict, pair, one, other, ones, others
  LIMIT $limit + 1
  CALL (ones, others) {
    UNWIND ones AS member
    UNWIND others AS peer
    MATCH (member)-[evidence:MAY_BE_SAME_AS]-(peer)
    WITH evidence
    ORDER BY evidence.strength DESC, evidence.id DESC
    RETURN
      collect(DISTINCT evidence.kind) AS kinds,
      sum(evidence.count) AS count,
      toString(min(evidence.firstSeen)) AS firstSeen,
      toString(max(evidence.lastSeen)) AS lastSeen
  }
  RETURN collect({
    strength: conflict.strength,
    id: conflict.id,
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
        lastEvent: CASE WHEN EXISTS { (:Touchpoint {id: seen.lastEvent}) }
          THEN seen.lastEvent
        END
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
