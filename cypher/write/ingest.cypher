// Resolves each event to a Customer and attaches a Touchpoint to it, in the order of the events.
// Events of one atomic request are a group. A group is rejected, and none of its events are
// written, if it names a Customer that does not exist, or repeats an id with another digest. An
// event whose Touchpoint exists already changes nothing, so a retry is safe.
//
// $batch   a map: for a list as a parameter of its own, the database makes a plan for each order of
//          magnitude of its length
//   named    the Customers that events name: maps of group and customer
//   claims   the ids that may have been used before: maps of group, id and digest
//   events   a map an event:
//              group           the number of its group
//              id              of its Touchpoint
//              digest          of the payload of its idempotency key; null without one
//              customer        the id of the named Customer, or null
//              newCustomer     the id for the Customer if one must be created
//              identifierKeys  maps of kind, value and weight, highest priority first
//              occurredAt, receivedAt  each [seconds since 1970, nanoseconds]
//              event, timestamp, identifiers, properties
//              values          the caller's properties that Neo4j can hold, by their names
//              sent            the identifiers that were sent in another form, or null
//              ignored         the identifiers that are blocked, or null
//              clockSkew       the seconds by which the clock of the device is ahead, or null
// $limits  a map of
//   email, phone, externalId  the identifier limit: how many of the kind a Customer may have
//   sharedAfter               an identifier that is seen with this many other Customers is shared
//
// A candidate is an identifier of the event, with the Customer that owns it. A shared candidate
// does not match if there is another one. A candidate does not match if its owner would exceed the
// limit of a kind with higher priority. A candidate that exceeds the limit is not attached. Together
// with others, an anonymousId matches an anonymous Customer alone: one without other identifiers.
// `stitch.cypher` runs before, in the same transaction, for events with an anonymousId and others.
// If the Customer is merged, the Touchpoint is its own, and the new Identifiers point at the
// surviving Customer; `home` holds the id of the merged one.
//
// Returns one row, or none if there are no events:
//   unknown               the named Customers that do not exist
//   idempotencyConflicts  the ids that have another digest
//   outcomes              a list an event, in order: the Customer's id, how it was resolved, and
//                         whether another write attached the Touchpoint; all null for a rejected
//                         event
//   identityConflicts     how many candidates of the written events identify another Customer

// Step 1: reject groups that cannot be written.
CALL () {
  UNWIND $batch.named AS named
  OPTIONAL MATCH (customer:Customer {id: named.customer})
  WITH named, customer
  WHERE customer IS NULL
  RETURN named.group AS group, named.customer AS unknown, null AS idempotencyConflict
  UNION ALL
  UNWIND $batch.claims AS claim
  MATCH (touchpoint:Touchpoint {id: claim.id})
  WHERE touchpoint.payloadDigest <> claim.digest
  RETURN claim.group AS group, null AS unknown, claim.id AS idempotencyConflict
}
WITH
  collect(group) AS rejected,
  collect(unknown) AS unknown,
  collect(idempotencyConflict) AS idempotencyConflicts
// In a clause of its own: if it is unwound directly, the planner takes it for data that the events
// write, and makes the plan eager.
WITH *, $batch.events AS events
UNWIND events AS event
OPTIONAL CALL (event, rejected) {
  // Step 2: claim the Touchpoint. If it has a Customer, another write attached it.
  WITH event, rejected
  WHERE NOT event.group IN rejected
  MERGE (touchpoint:Touchpoint {id: event.id})
  WITH event, touchpoint
  OPTIONAL CALL (event, touchpoint) {
    // Step 3: look the identifiers up, and make those that do not exist.
    WITH event, touchpoint
    WHERE touchpoint.customerId IS NULL
    CALL (event) {
      UNWIND event.identifierKeys AS key
      MERGE (identifier:Identifier {kind: key.kind, value: key.value})
        ON CREATE SET identifier.weight = key.weight
      WITH key, identifier
      OPTIONAL MATCH (identifier)-[identifies:IDENTIFIES]->(owner:Customer)
      RETURN collect({
        key: key,
        identifier: identifier,
        shared: identifier.shared,
        owner: owner,
        // A merge deletes the relationship and creates another. One that is deleted has no
        // properties: read last, `since` shows whether `home` is true.
        home: coalesce(
          identifies.home,
          CASE WHEN owner IS NOT NULL AND identifies.since IS NULL
            THEN point({x: 0, y: 0, crs: 'waypath_lost_race'})
          END
        )
      }) AS candidates
    }
    WITH event, touchpoint, candidates,
      datetime.fromepoch(event.receivedAt[0], event.receivedAt[1]) AS receivedAt,
      [candidate IN candidates WHERE candidate.shared IS NULL] AS unshared
    WITH *,
      CASE
        WHEN size(unshared) = 0 AND event.customer IS NULL THEN candidates
        ELSE unshared
      END AS trusted
    WITH *,
      [candidate IN trusted WHERE candidate.owner IS NULL] AS unowned,
      [candidate IN trusted WHERE candidate.owner IS NOT NULL] AS owned
    // Step 4: limits. A pair in kindsAtLimit has the way to a Customer (the kind of a candidate, or
    // 'customer'), and a kind of identifier that this Customer has reached the limit of.
    CALL (event, unowned, owned) {
      WITH event, unowned, owned
      WHERE size(unowned) > 0 AND (size(owned) > 0 OR event.customer IS NOT NULL)
      CALL (event, owned) {
        UNWIND owned AS candidate
        RETURN candidate.key.kind AS by, candidate.owner AS owner
        UNION ALL
        MATCH (named:Customer {id: event.customer})
        OPTIONAL MATCH (survivor:Customer {id: named.survivor})
        RETURN 'customer' AS by, coalesce(survivor, named) AS owner
      }
      UNWIND [candidate IN unowned | candidate.key.kind] AS kind
      WITH by, owner, kind
      WHERE COUNT { (owner)<-[:IDENTIFIES]-(:Identifier {kind: kind}) } >= $limits[kind]
      RETURN collect([by, kind]) AS kindsAtLimit
    }
    WITH *,
      [candidate IN owned WHERE
        (
          size(kindsAtLimit) = 0 OR
          none(other IN unowned WHERE
            other.key.weight > candidate.key.weight AND
            [candidate.key.kind, other.key.kind] IN kindsAtLimit
          )
        ) AND
        (
          candidate.key.kind <> 'anonymousId' OR
          size(trusted) = 1 OR
          none(owner IN [candidate.owner] WHERE EXISTS {
            (owner)<-[:IDENTIFIES]-(known:Identifier)
            WHERE known.kind <> 'anonymousId'
          })
        )
      ] AS eligibleOwners
    // Step 5: choose the Customer: the named one, the owner of the first candidate that may match,
    // or a new one.
    CALL (event, receivedAt, eligibleOwners) {
      WITH event, receivedAt, eligibleOwners
      WHERE event.customer IS NULL AND size(eligibleOwners) = 0
      CREATE (customer:Customer {id: event.newCustomer, createdAt: receivedAt})
      RETURN customer, customer AS survivor, 'new' AS resolvedBy
      UNION ALL
      WITH event, head(eligibleOwners) AS match
      WHERE event.customer IS NULL AND match IS NOT NULL
      WITH match, match.owner AS survivor
      OPTIONAL MATCH (merged:Customer {id: match.home})
      RETURN
        coalesce(merged, survivor) AS customer,
        // An undo of a merge at the same time as the attachment has left the Identifier behind.
        CASE WHEN merged.survivor = survivor.id THEN survivor ELSE coalesce(merged, survivor) END
          AS survivor,
        match.key.kind AS resolvedBy
      UNION ALL
      MATCH (customer:Customer {id: event.customer})
      OPTIONAL MATCH (survivor:Customer {id: customer.survivor})
      RETURN customer, coalesce(survivor, customer) AS survivor, 'customer' AS resolvedBy
    }
    // Step 6: attach the candidates without an owner, and record a conflict for each that
    // identifies another Customer.
    WITH *,
      [candidate IN unowned WHERE
        size(kindsAtLimit) = 0 OR NOT [resolvedBy, candidate.key.kind] IN kindsAtLimit |
          candidate.identifier
      ] AS attached
    FOREACH (identifier IN attached |
      // Takes the lock of the Identifier: to create a relationship does not.
      SET identifier.weight = identifier.weight
      CREATE (identifier)-[:IDENTIFIES {
        since: receivedAt,
        home: CASE WHEN customer <> survivor THEN customer.id END
      }]->(survivor)
    )
    // An Identifier that a merge or an undo left behind points at another Customer than its own.
    WITH *,
      [candidate IN owned WHERE
        candidate.owner <> survivor AND
        coalesce(candidate.home, candidate.owner.survivor, candidate.owner.id) <> customer.id AND
        // By properties(): otherwise the plan reads them for every event, and these are few.
        coalesce(candidate.owner.survivor, candidate.owner.id) <>
          coalesce(properties(survivor).survivor, properties(survivor).id)
      ] AS conflicting
    FOREACH (candidate IN conflicting |
      FOREACH (other IN [candidate.owner] |
        MERGE (customer)-[conflict:MAY_BE_SAME_AS {kind: candidate.key.kind}]-(other)
          ON CREATE SET conflict.firstSeen = receivedAt, conflict.count = 0
        SET conflict.lastSeen = receivedAt, conflict.count = conflict.count + 1
        // Reviews list conflicts by these, strongest first. The two Customers have one order.
        SET
          conflict.strength = round(conflict.count * candidate.key.weight, 1),
          conflict.id = CASE WHEN customer.id < other.id
            THEN customer.id + '~' + other.id
            ELSE other.id + '~' + customer.id
          END + '~' + candidate.key.kind
      )
      FOREACH (identifier IN [candidate.identifier] |
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
            CASE WHEN identifier.seenWith >= $limits.sharedAfter THEN receivedAt END
          )
      )
    )
    // Step 7: write the Touchpoint.
    WITH *,
      // Setting a property to null would cost each event as much as setting it to a value.
      CASE
        WHEN
          customer.survivor IS NOT NULL OR
          size(trusted) < size(candidates) OR
          size(kindsAtLimit) > 0
        THEN {
          sent: event.sent,
          ignored: event.ignored,
          clockSkew: event.clockSkew,
          survivor: customer.survivor,
          shared: CASE
            WHEN size(trusted) < size(candidates) THEN [candidate IN candidates WHERE
              candidate.shared IS NOT NULL | candidate.key.kind + ':' + candidate.key.value
            ]
          END,
          beyondLimit: CASE
            WHEN size(kindsAtLimit) > 0 THEN [candidate IN unowned WHERE
              [resolvedBy, candidate.key.kind] IN kindsAtLimit |
                candidate.key.kind + ':' + candidate.key.value
            ]
          END
        }
        WHEN event.ignored IS NOT NULL OR event.clockSkew IS NOT NULL
          THEN {sent: event.sent, ignored: event.ignored, clockSkew: event.clockSkew}
        WHEN event.sent IS NOT NULL THEN {sent: event.sent}
        ELSE {}
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
    RETURN
      size(conflicting) AS conflicts,
      // Another write attached one before this write had its lock.
      any(identifier IN attached WHERE
        COUNT { (identifier)-[:IDENTIFIES]->(:Customer) } > 1
      ) AS isRaceLost
  }
  RETURN
    coalesce(touchpoint.survivor, touchpoint.customerId) AS customerId,
    touchpoint.resolvedBy AS resolvedBy,
    coalesce(
      CASE
        // Another caller wrote the same id with another digest at the same time.
        WHEN touchpoint.payloadDigest <> event.digest OR isRaceLost THEN null
        // Null if the named Customer was erased at the same time: nothing was written.
        ELSE touchpoint.receivedAt <> datetime.fromepoch(event.receivedAt[0], event.receivedAt[1])
      END,
      // Aborts a lost race: the error fails the whole transaction, and its retry finds the conflict
      // or the unknown Customer in step 1. app/graph/bolt/errors.py knows the error by this name.
      point({x: 0, y: 0, crs: 'waypath_lost_race'}) IS NULL
    ) AS isReplay,
    conflicts
}
// One row costs the driver a fraction of the cost of a row an event.
RETURN
  unknown,
  idempotencyConflicts,
  collect([customerId, resolvedBy, isReplay]) AS outcomes,
  sum(conflicts) AS identityConflicts
