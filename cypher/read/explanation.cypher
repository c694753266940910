// The Touchpoint of an event, the Customers that own its identifiers now, and how all of these
// Customers were merged and split.
//
// $event  the id of the Touchpoint
//
// Returns one row, or none if there is no such event:
//   touchpoint  a map; `at` is when it was received; `survivor`, sent, shared, beyondLimit,
//               ignored and clockSkew are null if it has none
//   owned       the Customers that own the identifiers, or did before a move: maps of name, weight,
//               since, until, null if the Customer owns it now, and home, the id of the Customer
//               that owns it, or did before it was merged
//   links       the merges and splits of these Customers: maps of isSplit, id, from, into, begin,
//               end, at and undoneAt
//
// The times `at`, since, until, begin and end are [seconds since 1970, nanoseconds]; at and undoneAt of a
// link are texts.
MATCH (touchpoint:Touchpoint {id: $event})
// The events of a Customer that is being erased are not explained.
WHERE EXISTS { (touchpoint)<-[:HAS_TOUCHPOINT]-(:Customer) }
CALL (touchpoint) {
  UNWIND touchpoint.identifiers AS name
  WITH name, split(name, ':')[0] AS kind
  MATCH
    (identifier:Identifier {kind: kind, value: substring(name, size(kind) + 1)})
    -[identifies:IDENTIFIES|IDENTIFIED]->(owner:Customer)
  RETURN collect({
    name: name,
    weight: identifier.weight,
    since: [identifies.since.epochSeconds, identifies.since.nanosecond],
    until: CASE WHEN identifies.until IS NOT NULL
      THEN [identifies.until.epochSeconds, identifies.until.nanosecond]
    END,
    home: coalesce(identifies.home, owner.id)
  }) AS owned
}
CALL (touchpoint, owned) {
  UNWIND [touchpoint.customerId] + [identifier IN owned | identifier.home] AS id
  WITH DISTINCT id
  MATCH (first:Customer {id: id})
  MATCH (first)-[:MERGED_INTO|WAS_MERGED_INTO|SPLIT_FROM*0..]->(later:Customer)
  // Distinct here: each Customer is visited once, even after many merges and undos of the same two.
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
    .survivor, .sent, .shared, .beyondLimit, .ignored, .clockSkew,
    occurredAt: toString(touchpoint.occurredAt),
    receivedAt: toString(touchpoint.receivedAt),
    at: [touchpoint.receivedAt.epochSeconds, touchpoint.receivedAt.nanosecond]
  } AS touchpoint,
  owned,
  links
