// Merges anonymous Customers into identified ones, before `ingest.cypher` writes the events that
// show it, in the same transaction. An anonymous Customer has no identifiers but anonymousIds. It is
// merged if it owns the anonymousId of an event, and another Customer matches the event by a
// stronger identifier or by its id. It is not merged into a Customer from which a data steward has
// separated it: by the undo of a merge, by a dismissal, by a split, or by a move of an identifier.
//
// $candidates  maps of
//   keys      the identifiers, maps of kind, value and weight, highest priority first: the last one
//             is the anonymousId
//   customer  the id of the named Customer, or null
//   events    the events that carry them, in order: maps of id; merge, the id for the merge; and
//             receivedAt, [seconds since 1970, nanoseconds]
// $limits      as in `ingest.cypher`
//
// A candidate whose events are all stored changes nothing, so a retry is safe. The locks that it
// takes make other transactions wait that would identify or merge the same anonymous Customer.
//
// Returns one row:
//   merged  how many anonymous Customers were merged

UNWIND $candidates AS candidate
CALL (candidate) {
  // Step 1: without locks, skip an anonymousId that is shared, or that an identified Customer owns.
  WITH candidate, candidate.keys[-1] AS key
  OPTIONAL MATCH (device:Identifier {kind: 'anonymousId', value: key.value})
  OPTIONAL MATCH (device)-[:IDENTIFIES]->(owner:Customer)
  WITH candidate, device, owner
  WHERE
    device.shared IS NULL AND
    (
      owner IS NULL OR
      NOT EXISTS {
        (owner)<-[:IDENTIFIES]-(known:Identifier)
        WHERE known.kind <> 'anonymousId'
      }
    )
  WITH
    candidate,
    head([event IN candidate.events WHERE NOT EXISTS { (:Touchpoint {id: event.id}) }]) AS event
  WHERE event IS NOT NULL
  // Step 2: lock the Identifiers, and then read their owners.
  CALL (candidate) {
    UNWIND candidate.keys AS key
    MERGE (identifier:Identifier {kind: key.kind, value: key.value})
      ON CREATE SET identifier.weight = key.weight
    SET identifier.weight = identifier.weight
    RETURN collect({key: key, identifier: identifier}) AS locked
  }
  CALL (locked) {
    UNWIND locked AS item
    WITH item.key AS key, item.identifier AS identifier
    OPTIONAL MATCH (identifier)-[identifies:IDENTIFIES]->(owner:Customer)
    WITH key, identifier, identifies, owner
    WHERE identifier.shared IS NULL
    RETURN collect({key: key, owner: owner, home: identifies.home}) AS trusted
  }
  WITH
    candidate,
    event,
    [item IN trusted WHERE item.key.kind = 'anonymousId' | item.owner][0] AS visitor,
    [item IN trusted WHERE item.key.kind <> 'anonymousId'] AS others
  WHERE visitor IS NOT NULL
  // Step 3: the Customer that matches by another identifier, as in `ingest.cypher`.
  WITH
    candidate,
    event,
    visitor,
    head([item IN others WHERE
      candidate.customer IS NULL AND
      item.owner IS NOT NULL AND
      none(other IN others WHERE
        other.owner IS NULL AND
        other.key.weight > item.key.weight AND
        any(owner IN [item.owner] WHERE
          COUNT { (owner)<-[:IDENTIFIES]-(:Identifier {kind: other.key.kind}) } >=
            $limits[other.key.kind]
        )
      )
    ]) AS match
  OPTIONAL MATCH (customer:Customer {
    id: coalesce(candidate.customer, match.home, match.owner.id)
  })
  OPTIONAL MATCH (root:Customer {id: coalesce(customer.survivor, customer.id)})
  // Step 4: lock the Customers, as in a merge. Without a match, the event identifies the visitor.
  CALL (visitor, root) {
    UNWIND CASE
      WHEN root IS NULL OR root = visitor THEN [visitor]
      WHEN root.id < visitor.id THEN [root, visitor]
      ELSE [visitor, root]
    END AS node
    SET node.locked = true
    REMOVE node.locked
    RETURN count(node) AS nodes
  }
  MATCH (lockedVisitor:Customer {id: visitor.id})
  OPTIONAL MATCH (lockedCustomer:Customer {id: customer.id})
  OPTIONAL MATCH (survivor:Customer {id: root.id})
  WITH
    candidate,
    event,
    match,
    lockedVisitor AS visitor,
    lockedCustomer AS customer,
    survivor,
    // Aborts a race: another write merged one of them before this write had its lock.
    CASE WHEN
      lockedVisitor.survivor IS NOT NULL OR
      survivor.survivor IS NOT NULL OR
      coalesce(lockedCustomer.survivor, lockedCustomer.id) <> survivor.id
      THEN point({x: 0, y: 0, crs: 'waypath_lost_race'})
    END AS race
  // Step 5: conditions of a merge.
  WHERE
    race IS NULL AND
    survivor <> visitor AND
    NOT EXISTS {
      (visitor)<-[:IDENTIFIES]-(known:Identifier)
      WHERE known.kind <> 'anonymousId'
    } AND
    EXISTS {
      (survivor)<-[:IDENTIFIES]-(known:Identifier)
      WHERE known.kind <> 'anonymousId'
    } AND
    COUNT { (survivor)<-[:IDENTIFIES]-(:Identifier {kind: 'anonymousId'}) } +
      COUNT { (visitor)<-[:IDENTIFIES]-(:Identifier) } <= $limits.anonymousId AND
    NOT EXISTS {
      (visitor)<-[:MERGED_INTO*0..]-(:Customer)
        -[:WAS_MERGED_INTO|NOT_SAME_AS|SPLIT_FROM]-(other:Customer)
      WHERE coalesce(other.survivor, other.id) = survivor.id
    } AND
    NOT EXISTS {
      (visitor)<-[:MERGED_INTO*0..]-(:Customer)<-[:MOVED_FROM|MOVED_TO|SEPARATES]-
        (move:IdentifierMove)-[:MOVED_FROM|MOVED_TO|SEPARATES]->(other:Customer)
      WHERE move.undoneAt IS NULL AND coalesce(other.survivor, other.id) = survivor.id
    }
  // Step 6: merge.
  CREATE (visitor)-[:MERGED_INTO {
    id: event.merge,
    at: datetime.fromepoch(event.receivedAt[0], event.receivedAt[1]),
    by: 'rule',
    reason:
      'Rule anonymousId: event ' + event.id + ' has an anonymousId of one Customer and the ' +
      coalesce(match.key.kind, 'ID') + ' of the other.'
  }]->(customer)
  WITH visitor, survivor
  CALL (visitor, survivor) {
    MATCH (member:Customer)-[:MERGED_INTO*0..]->(visitor)
    SET member.survivor = survivor.id
    WITH survivor, member
    MATCH (identifier:Identifier)-[old:IDENTIFIES]->(member)
    CREATE (identifier)-[:IDENTIFIES {
      since: old.since,
      home: coalesce(old.home, member.id)
    }]->(survivor)
    DELETE old
    RETURN count(identifier) AS identifiers
  }
  RETURN visitor
}
RETURN count(visitor) AS merged
