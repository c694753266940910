// The profile of a Customer, with the Customers that are merged into it: its Identifiers, merges and
// open identity conflicts, and the counts of its latest events. The lists are bounded, and so is the
// work for them.
//
// $customer     the id of the Customer, or of one that is merged into it
// $scan         how many of the latest Touchpoints to count
// $identifiers  how many Identifiers to return
// $merges       how many merges to return
// $conflicts    how many Customers with a conflict to return
// $links        how many relationships of conflicts to scan
//
// Returns one row, or none if there is no such Customer:
//   customerId, createdAt  of the surviving Customer
//   total        how many Touchpoints there are
//   counted      how many of them are counted
//   events       maps of event and count, the most frequent first
//   first, last  when the first and the last Touchpoint occurred
//   seen         maps of identifier, as kind:value, and at: when it was last seen, among the counted
//   kinds        maps of kind and count, of all Identifiers
//   identifiers  maps of kind, value, weight, since, shared and home, highest priority first; home
//                is the id of the merged Customer that the Identifier belongs to, or null
//   merges       maps of customerId, mergeId, into, at and reason, the latest first
//   mergeCount   how many there are
//   conflicts    maps of customerId, name, kinds, count, firstSeen and lastSeen, the strongest
//                first; name is the strongest identifier of the other Customer, or null
//   conflictCount  how many there are among the scanned relationships
//   isPartial    whether there may be more conflicts
MATCH (named:Customer {id: $customer})
MATCH (survivor:Customer {id: coalesce(named.survivor, named.id)})
CALL (survivor) {
  MATCH (survivor)<-[into:MERGED_INTO*0..]-(member:Customer)
  WITH member, last(into) AS merge ORDER BY merge.at DESC, merge.id DESC
  RETURN
    collect(member) AS members,
    [merge IN collect(merge) | merge {
      customerId: startNode(merge).id,
      mergeId: merge.id,
      into: endNode(merge).id,
      at: toString(merge.at),
      .reason
    }] AS merges
}
CALL (members) {
  UNWIND members AS member
  CALL (member) {
    MATCH (touchpoint:Touchpoint)
    USING INDEX SEEK touchpoint:Touchpoint(customerId, occurredAt, id)
    WHERE
      touchpoint.customerId = member.id AND
      touchpoint.occurredAt IS NOT NULL AND
      touchpoint.id IS NOT NULL
    WITH touchpoint
    ORDER BY touchpoint.customerId DESC, touchpoint.occurredAt DESC, touchpoint.id DESC
    LIMIT $scan
    RETURN touchpoint
  }
  WITH touchpoint, touchpoint.occurredAt AS occurredAt, touchpoint.id AS id
  ORDER BY occurredAt DESC, id DESC
  LIMIT $scan
  RETURN collect([touchpoint.event, occurredAt, touchpoint.identifiers]) AS latest
}
CALL (latest) {
  UNWIND latest AS entry
  WITH entry[0] AS event, count(*) AS count
  ORDER BY count DESC, event
  RETURN collect({event: event, count: count}) AS events
}
CALL (latest) {
  UNWIND latest AS entry
  UNWIND entry[2] AS identifier
  WITH identifier, max(entry[1]) AS at
  RETURN collect({identifier: identifier, at: toString(at)}) AS seen
}
CALL (members) {
  UNWIND members AS member
  CALL (member) {
    MATCH (touchpoint:Touchpoint)
    USING INDEX SEEK touchpoint:Touchpoint(customerId, occurredAt, id)
    WHERE
      touchpoint.customerId = member.id AND
      touchpoint.occurredAt IS NOT NULL AND
      touchpoint.id IS NOT NULL
    WITH touchpoint
    ORDER BY touchpoint.customerId, touchpoint.occurredAt, touchpoint.id
    LIMIT 1
    RETURN touchpoint.occurredAt AS occurredAt
  }
  RETURN min(occurredAt) AS first
}
CALL (members) {
  UNWIND members AS member
  CALL (member) {
    MATCH (identifier:Identifier)-[identifies:IDENTIFIES]->(member)
    WHERE identifies.home IS NULL
    RETURN identifier, identifies
    UNION ALL
    MATCH (identifier:Identifier)-[identifies:IDENTIFIES {home: member.id}]->(:Customer)
    USING INDEX SEEK identifies:IDENTIFIES(home)
    RETURN identifier, identifies
  }
  WITH identifier, identifies, member
  ORDER BY identifier.weight DESC, identifies.since, identifier.value
  RETURN collect([identifier, identifies.since, member]) AS owned
}
CALL (survivor, members) {
  CALL (members) {
    UNWIND members AS member
    MATCH (member)-[:NOT_SAME_AS]-(peer:Customer)
    RETURN collect(DISTINCT coalesce(peer.survivor, peer.id)) AS dismissed
  }
  CALL (members) {
    UNWIND members AS member
    MATCH (member)-[link:MAY_BE_SAME_AS]-(peer:Customer)
    WITH link, peer
    LIMIT $links
    RETURN collect([link, coalesce(peer.survivor, peer.id)]) AS links
  }
  CALL (survivor, dismissed, links) {
    UNWIND links AS entry
    WITH entry[0] AS link, entry[1] AS other
    WHERE other <> survivor.id AND NOT other IN dismissed
    WITH
      other,
      max(link.strength) AS strength,
      collect(DISTINCT link.kind) AS kinds,
      sum(link.count) AS count,
      min(link.firstSeen) AS firstSeen,
      max(link.lastSeen) AS lastSeen
    ORDER BY strength DESC, lastSeen DESC, other
    RETURN collect({
      customerId: other,
      kinds: kinds,
      count: count,
      firstSeen: toString(firstSeen),
      lastSeen: toString(lastSeen)
    }) AS found
  }
  RETURN found, size(links) = $links AS isPartial
}
RETURN
  survivor.id AS customerId,
  toString(survivor.createdAt) AS createdAt,
  reduce(total = 0, member IN members | total + COUNT { (member)-[:HAS_TOUCHPOINT]->() })
    AS total,
  size(latest) AS counted,
  events,
  toString(first) AS first,
  toString(head(latest)[1]) AS last,
  seen,
  COLLECT {
    UNWIND owned AS entry
    WITH entry[0].kind AS kind, count(*) AS count
    RETURN {kind: kind, count: count}
  } AS kinds,
  [entry IN owned[..$identifiers] | {
    kind: entry[0].kind,
    value: entry[0].value,
    weight: entry[0].weight,
    since: toString(entry[1]),
    shared: entry[0].shared IS NOT NULL,
    home: CASE WHEN entry[2] <> survivor THEN entry[2].id END
  }] AS identifiers,
  merges[..$merges] AS merges,
  size(merges) AS mergeCount,
  COLLECT {
    UNWIND found[..$conflicts] AS conflict
    MATCH (other:Customer {id: conflict.customerId})
    CALL (other) {
      OPTIONAL MATCH (identifier:Identifier)-[identifies:IDENTIFIES]->(other)
      WITH identifier, identifies
      ORDER BY identifier.weight DESC, identifies.since, identifier.value
      LIMIT 1
      RETURN identifier.value AS name
    }
    RETURN conflict {.*, name: name}
  } AS conflicts,
  size(found) AS conflictCount,
  isPartial
