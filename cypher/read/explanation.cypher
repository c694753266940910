// What an event left behind: its Touchpoint, whose the keys are that it carried, and how the
// Customers of all of them were merged and split.
//
// $event  the id of the Touchpoint
//
// Returns one row, or none where there is no such event:
//   touchpoint  a map, `at` when it was received; survivor, sent, shared, beyondLimit and ignored
//               are null where they are not there
//   found       the keys that identify somebody now: maps of name, weight, since, and home, the id
//               of the Customer whose the key is by itself
//   links       that one of these Customers is, or was, of another, by a merge or before a split:
//               maps of isSplit, id, from, into, begin, end, at and undoneAt
//
// A moment to reckon with is [seconds since 1970, nanoseconds].
MATCH (touchpoint:Touchpoint {id: $event})
// Of somebody who is being erased, nothing is told.
WHERE EXISTS { (touchpoint)<-[:HAS_TOUCHPOINT]-(:Customer) }
CALL (touchpoint) {
  UNWIND touchpoint.identifiers AS name
  WITH name, split(name, ':')[0] AS kind
  MATCH
    (identifier:Identifier {kind: kind, value: substring(name, size(kind) + 1)})
    -[identifies:IDENTIFIES]->(owner:Customer)
  RETURN collect({
    name: name,
    weight: identifier.weight,
    since: [identifies.since.epochSeconds, identifies.since.nanosecond],
    home: coalesce(identifies.home, owner.id)
  }) AS found
}
CALL (touchpoint, found) {
  UNWIND [touchpoint.customerId] + [each IN found | each.home] AS id
  WITH DISTINCT id
  MATCH (first:Customer {id: id})
  MATCH (first)-[:MERGED_INTO|WAS_MERGED_INTO|SPLIT_FROM*0..]->(later:Customer)
  // Distinct right here, so that each is visited once, however often two were merged and undone.
  WITH DISTINCT later
  MATCH (later)-[link:MERGED_INTO|WAS_MERGED_INTO|SPLIT_FROM]->(into:Customer)
  RETURN collect({
    isSplit: type(link) = 'SPLIT_FROM',
    id: link.id,
    from: later.id,
    into: into.id,
    begin: CASE WHEN type(link) <> 'SPLIT_FROM'
      THEN [link.at.epochSeconds, link.at.nanosecond]
    END,
    end: CASE
      WHEN type(link) = 'SPLIT_FROM' THEN [link.at.epochSeconds, link.at.nanosecond]
      WHEN link.undoneAt IS NOT NULL THEN [link.undoneAt.epochSeconds, link.undoneAt.nanosecond]
    END,
    at: toString(link.at),
    undoneAt: toString(link.undoneAt)
  }) AS links
}
RETURN
  touchpoint {
    .id, .event, .timestamp, .resolvedBy, .identifiers, .properties, .customerId,
    .survivor, .sent, .shared, .beyondLimit, .ignored,
    occurredAt: toString(touchpoint.occurredAt),
    receivedAt: toString(touchpoint.receivedAt),
    at: [touchpoint.receivedAt.epochSeconds, touchpoint.receivedAt.nanosecond]
  } AS touchpoint,
  found,
  links
