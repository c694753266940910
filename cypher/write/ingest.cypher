// Resolves each event to a Customer and attaches a Touchpoint to it, in the order given.
// Events that stand or fall together are a unit. A unit that names a Customer who does not
// exist, or that repeats an id with another digest, is refused: nothing of it is written.
// An event whose Touchpoint is there already changes nothing, so that a repeat is safe.
//
// $batch  a map: of a list that is a parameter of its own, the database makes a plan for each order of
//         magnitude that it has
//   named    the Customers that events name: maps of unit and customer
//   claims   the ids that may have been used before: maps of unit, id and digest
//   events   a map an event:
//              unit         the number of its unit
//              id           of its Touchpoint
//              digest       of what its id stands for, where the id may be used again, or null
//              customer     the id of the Customer that the caller named, or null
//              newCustomer  the id for the Customer, where one must be created
//              keys         maps of kind, value and weight, the heaviest first
//              occurredAt, receivedAt  each [seconds since 1970, nanoseconds]
//              event, timestamp, identifiers, properties
//              values       the properties that Neo4j can hold, by their names
// $rules  a map of
//   email, phone, externalId  how many of the kind a Customer may gather
//   sharedAfter  with how many other Customers a key is seen when it counts as shared
//
// A key that is shared, or that would have its Customer gather a heavier one beyond the limit,
// does not decide where there is another; a key beyond the limit is not attached.
// Of a Customer who was merged, the Touchpoint is its own, and the new Identifiers point at the
// survivor; `home` remembers whose they are.
//
// Returns one row, or none where there are no events:
//   outcomes   a list an event, in order: the Customer's id, what decided, and whether another
//              write attached the Touchpoint; all null for a refused event
//   unknown    the Customers that do not exist
//   conflicts  the ids that have another digest
//   disputes   how many keys of what was written now identify another Customer
CALL () {
  UNWIND $batch.named AS named
  OPTIONAL MATCH (customer:Customer {id: named.customer})
  WITH named, customer
  WHERE customer IS NULL
  RETURN named.unit AS unit, named.customer AS unknown, null AS conflict
  UNION ALL
  UNWIND $batch.claims AS claim
  MATCH (touchpoint:Touchpoint {id: claim.id})
  WHERE touchpoint.payloadDigest <> claim.digest
  RETURN claim.unit AS unit, null AS unknown, claim.id AS conflict
}
WITH collect(unit) AS refused, collect(unknown) AS unknown, collect(conflict) AS conflicts
// By itself: where it is unwound, the plan would take it for what the events write, and be Eager.
WITH *, $batch.events AS events
UNWIND events AS event
OPTIONAL CALL (event, refused) {
  WITH event, refused
  WHERE NOT event.unit IN refused
  MERGE (touchpoint:Touchpoint {id: event.id})
  WITH event, touchpoint
  OPTIONAL CALL (event, touchpoint) {
    WITH event, touchpoint
    WHERE touchpoint.customerId IS NULL
    CALL (event) {
      UNWIND event.keys AS key
      MERGE (identifier:Identifier {kind: key.kind, value: key.value})
        ON CREATE SET identifier.weight = key.weight
      WITH key, identifier
      OPTIONAL MATCH (identifier)-[identifies:IDENTIFIES]->(owner:Customer)
      RETURN collect({
        key: key,
        identifier: identifier,
        shared: identifier.shared,
        owner: owner,
        home: identifies.home
      }) AS keys
    }
    WITH event, touchpoint, keys,
      datetime.fromepoch(event.receivedAt[0], event.receivedAt[1]) AS receivedAt,
      [each IN keys WHERE each.shared IS NULL] AS unshared
    WITH *,
      CASE
        WHEN size(unshared) = 0 AND event.customer IS NULL THEN keys
        ELSE unshared
      END AS trusted
    WITH *,
      [each IN trusted WHERE each.owner IS NULL] AS unowned,
      [each IN trusted WHERE each.owner IS NOT NULL] AS owned
    CALL (event, unowned, owned) {
      WITH event, unowned, owned
      WHERE size(unowned) > 0 AND (size(owned) > 0 OR event.customer IS NOT NULL)
      CALL (event, owned) {
        UNWIND owned AS each
        RETURN each.key.kind AS by, each.owner AS owner
        UNION ALL
        MATCH (named:Customer {id: event.customer})
        OPTIONAL MATCH (survivor:Customer {id: named.survivor})
        RETURN 'customer' AS by, coalesce(survivor, named) AS owner
      }
      UNWIND [each IN unowned | each.key.kind] AS kind
      WITH by, owner, kind
      WHERE COUNT { (owner)<-[:IDENTIFIES]-(:Identifier {kind: kind}) } >= $rules[kind]
      RETURN collect([by, kind]) AS full
    }
    WITH *,
      [each IN owned WHERE size(full) = 0 OR none(other IN unowned WHERE
        other.key.weight > each.key.weight AND [each.key.kind, other.key.kind] IN full
      )] AS deciding
    CALL (event, receivedAt, deciding) {
      WITH event, receivedAt, deciding
      WHERE event.customer IS NULL AND size(deciding) = 0
      CREATE (customer:Customer {id: event.newCustomer, createdAt: receivedAt})
      RETURN customer, customer AS survivor, 'new' AS resolvedBy
      UNION ALL
      WITH event, head(deciding) AS first
      WHERE event.customer IS NULL AND first IS NOT NULL
      WITH first, first.owner AS survivor
      OPTIONAL MATCH (merged:Customer {id: first.home})
      RETURN
        coalesce(merged, survivor) AS customer,
        // A merge that was undone while the Identifier was attached has left it behind.
        CASE WHEN merged.survivor = survivor.id THEN survivor ELSE coalesce(merged, survivor) END
          AS survivor,
        first.key.kind AS resolvedBy
      UNION ALL
      MATCH (customer:Customer {id: event.customer})
      OPTIONAL MATCH (survivor:Customer {id: customer.survivor})
      RETURN customer, coalesce(survivor, customer) AS survivor, 'customer' AS resolvedBy
    }
    FOREACH (each IN [each IN unowned WHERE
      size(full) = 0 OR NOT [resolvedBy, each.key.kind] IN full
    ] |
      FOREACH (identifier IN [each.identifier] |
        CREATE (identifier)-[:IDENTIFIES {
          since: receivedAt,
          home: CASE WHEN customer <> survivor THEN customer.id END
        }]->(survivor)
      )
    )
    // What a merge or an undo has left behind points at another Customer than it is of.
    WITH *,
      [each IN owned WHERE
        each.owner <> survivor AND
        coalesce(each.home, each.owner.survivor, each.owner.id) <> customer.id AND
        // By properties(), or the plan reads them for every event, and these are few.
        coalesce(each.owner.survivor, each.owner.id) <>
          coalesce(properties(survivor).survivor, properties(survivor).id)
      ] AS disputed
    FOREACH (each IN disputed |
      FOREACH (other IN [each.owner] |
        MERGE (customer)-[doubt:MAY_BE_SAME_AS {kind: each.key.kind}]-(other)
          ON CREATE SET doubt.firstSeen = receivedAt, doubt.count = 0
        SET doubt.lastSeen = receivedAt, doubt.count = doubt.count + 1
        // What a review reads them by, the strongest first; both Customers in one order.
        SET
          doubt.strength = round(doubt.count * each.key.weight, 1),
          doubt.id = CASE WHEN customer.id < other.id
            THEN customer.id + '~' + other.id
            ELSE other.id + '~' + customer.id
          END + '~' + each.key.kind
      )
      FOREACH (identifier IN [each.identifier] |
        MERGE (identifier)-[seen:SEEN_WITH]->(customer)
          ON CREATE SET
            seen.firstSeen = receivedAt,
            seen.count = 0,
            identifier.seenWith = coalesce(identifier.seenWith, 0) + 1
        SET
          seen.lastSeen = receivedAt,
          seen.lastEvent = event.id,
          seen.count = seen.count + 1,
          identifier.shared = coalesce(
            identifier.shared,
            CASE WHEN identifier.seenWith >= $rules.sharedAfter THEN receivedAt END
          )
      )
    )
    WITH *,
      // Setting what is null would cost each event as much as setting it.
      CASE
        WHEN customer.survivor IS NULL AND size(trusted) = size(keys) AND size(full) = 0 THEN {}
        ELSE {
          survivor: customer.survivor,
          shared: CASE
            WHEN size(trusted) < size(keys) THEN [each IN keys WHERE
              each.shared IS NOT NULL | each.key.kind + ':' + each.key.value
            ]
          END,
          beyondLimit: CASE
            WHEN size(full) > 0 THEN [each IN unowned WHERE
              [resolvedBy, each.key.kind] IN full | each.key.kind + ':' + each.key.value
            ]
          END
        }
      END AS exceptions
    CREATE (customer)-[:HAS_TOUCHPOINT]->(touchpoint)
    SET touchpoint += event.values
    SET touchpoint += exceptions
    SET
      touchpoint.customerId = customer.id,
      touchpoint.event = event.event,
      touchpoint.timestamp = event.timestamp,
      touchpoint.occurredAt = datetime.fromepoch(event.occurredAt[0], event.occurredAt[1]),
      touchpoint.receivedAt = receivedAt,
      touchpoint.resolvedBy = resolvedBy,
      touchpoint.identifiers = event.identifiers,
      touchpoint.properties = event.properties,
      touchpoint.payloadDigest = event.digest
    RETURN size(disputed) AS disputes
  }
  RETURN
    coalesce(touchpoint.survivor, touchpoint.customerId) AS customerId,
    touchpoint.resolvedBy AS resolvedBy,
    coalesce(
      CASE
        // Another caller wrote the same id with another digest meanwhile.
        WHEN touchpoint.payloadDigest <> event.digest THEN null
        // Null if the Customer that the event names was erased meanwhile: nothing was written.
        ELSE touchpoint.receivedAt <> datetime.fromepoch(event.receivedAt[0], event.receivedAt[1])
      END,
      // Aborts a lost race: the error fails the whole transaction, and its retry finds the conflict
      // or the unknown Customer above. app/graph/bolt/errors.py knows the error by this name.
      point({x: 0, y: 0, crs: 'waypath_lost_race'}) IS NULL
    ) AS isReplay,
    disputes
}
// One row costs the driver a fraction of what a row an event does.
RETURN
  unknown,
  conflicts,
  collect([customerId, resolvedBy, isReplay]) AS outcomes,
  sum(disputes) AS disputes
