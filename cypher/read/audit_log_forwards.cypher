// Entries of the audit log of identities, earliest first: the statement follows the log. The entries
// and their columns are those of `audit_log.cypher`.
//
// $after  the last entry that was read: a map of at and id
// $until  the time before which entries are returned, [seconds since 1970, nanoseconds]: at a later
//         time, a transaction that has not ended may still add one
// $limit  how many entries to return
//
// Returns a row per entry:
//   id
//   kind         merge, undo, split, dismissal, move, detach, review, erasure, suppression,
//                unsuppression or prune
//   at           when, as a text
//   moment       the same, [seconds since 1970, nanoseconds]
//   by           the id of the API key, rule, cli or retention
//   reason
//   customers    the ids of the two Customers, the merged or split one, or the one that had the
//                identifier, first; for a review, the id of the owner; for an erasure, the ids of
//                all erased Customers; else empty
//   identifier   for a review, move, detach or undo of these, as kind:value; else null
//   shared       for a review, whether it marks the Identifier as shared; else null
//   identifiers  for a suppression or unsuppression, how many it changed; else null
//   touchpoints  for a prune, how many it deleted; else null
//   before       for a prune, the time before which it deleted them, as a text; else null
//   undone       for a merge, dismissal, move, detach or suppression, whether it is undone; for a
//                split, whether the part is merged with the whole; else false
WITH
  datetime.fromepoch($after.at[0], $after.at[1]) AS after,
  $after.id AS id,
  datetime.fromepoch($until[0], $until[1]) AS until
CALL (after, id, until) {
  // With an OR in place of the CASE, the plan reads all later entries. Without the hints, it
  // reads the whole index of the ids.
  MATCH ()-[merge:MERGED_INTO]->()
  USING INDEX merge:MERGED_INTO(at, id)
  WHERE
    after <= merge.at < until AND
    CASE merge.at WHEN after THEN merge.id > id ELSE true END AND
    merge.id IS NOT NULL
  WITH merge AS change, merge.at AS at
  ORDER BY merge.at, merge.id
  LIMIT $limit
  RETURN change, null AS record, 'merge' AS kind, at
  UNION ALL
  MATCH ()-[merge:WAS_MERGED_INTO]->()
  USING INDEX merge:WAS_MERGED_INTO(at, id)
  WHERE
    after <= merge.at < until AND
    CASE merge.at WHEN after THEN merge.id > id ELSE true END AND
    merge.id IS NOT NULL
  WITH merge AS change, merge.at AS at
  ORDER BY merge.at, merge.id
  LIMIT $limit
  RETURN change, null AS record, 'merge' AS kind, at
  UNION ALL
  MATCH ()-[merge:WAS_MERGED_INTO]->()
  USING INDEX merge:WAS_MERGED_INTO(undoneAt, id)
  WHERE
    after <= merge.undoneAt < until AND
    CASE merge.undoneAt WHEN after THEN merge.id > id ELSE true END AND
    merge.id IS NOT NULL
  WITH merge AS change, merge.undoneAt AS at
  ORDER BY merge.undoneAt, merge.id
  LIMIT $limit
  RETURN change, null AS record, 'undo' AS kind, at
  UNION ALL
  MATCH ()-[split:SPLIT_FROM]->()
  USING INDEX split:SPLIT_FROM(at, id)
  WHERE
    after <= split.at < until AND
    CASE split.at WHEN after THEN split.id > id ELSE true END AND
    split.id IS NOT NULL
  WITH split AS change, split.at AS at
  ORDER BY split.at, split.id
  LIMIT $limit
  RETURN change, null AS record, 'split' AS kind, at
  UNION ALL
  MATCH ()-[dismissal:NOT_SAME_AS]->()
  USING INDEX dismissal:NOT_SAME_AS(at, id)
  WHERE
    after <= dismissal.at < until AND
    CASE dismissal.at WHEN after THEN dismissal.id > id ELSE true END AND
    dismissal.id IS NOT NULL
  WITH dismissal AS change, dismissal.at AS at
  ORDER BY dismissal.at, dismissal.id
  LIMIT $limit
  RETURN change, null AS record, 'dismissal' AS kind, at
  UNION ALL
  MATCH ()-[dismissal:WAS_NOT_SAME_AS]->()
  USING INDEX dismissal:WAS_NOT_SAME_AS(at, id)
  WHERE
    after <= dismissal.at < until AND
    CASE dismissal.at WHEN after THEN dismissal.id > id ELSE true END AND
    dismissal.id IS NOT NULL
  WITH dismissal AS change, dismissal.at AS at
  ORDER BY dismissal.at, dismissal.id
  LIMIT $limit
  RETURN change, null AS record, 'dismissal' AS kind, at
  UNION ALL
  MATCH ()-[dismissal:WAS_NOT_SAME_AS]->()
  USING INDEX dismissal:WAS_NOT_SAME_AS(undoneAt, id)
  WHERE
    after <= dismissal.undoneAt < until AND
    CASE dismissal.undoneAt WHEN after THEN dismissal.id > id ELSE true END AND
    dismissal.id IS NOT NULL
  WITH dismissal AS change, dismissal.undoneAt AS at
  ORDER BY dismissal.undoneAt, dismissal.id
  LIMIT $limit
  RETURN change, null AS record, 'undo' AS kind, at
  UNION ALL
  MATCH ()-[review:REVIEWED]->()
  USING INDEX review:REVIEWED(at, id)
  WHERE
    after <= review.at < until AND
    CASE review.at WHEN after THEN review.id > id ELSE true END AND
    review.id IS NOT NULL
  WITH review AS change, review.at AS at
  ORDER BY review.at, review.id
  LIMIT $limit
  RETURN change, null AS record, 'review' AS kind, at
  UNION ALL
  MATCH (erasure:Erasure)
  USING INDEX erasure:Erasure(at, id)
  WHERE
    after <= erasure.at < until AND
    CASE erasure.at WHEN after THEN erasure.id > id ELSE true END AND
    erasure.id IS NOT NULL
  WITH erasure, erasure.at AS at
  ORDER BY erasure.at, erasure.id
  LIMIT $limit
  RETURN null AS change, erasure AS record, 'erasure' AS kind, at
  UNION ALL
  MATCH (prune:Prune)
  USING INDEX prune:Prune(at, id)
  WHERE
    after <= prune.at < until AND
    CASE prune.at WHEN after THEN prune.id > id ELSE true END AND
    prune.id IS NOT NULL
  WITH prune, prune.at AS at
  ORDER BY prune.at, prune.id
  LIMIT $limit
  RETURN null AS change, prune AS record, 'prune' AS kind, at
  UNION ALL
  MATCH (suppression:SuppressionChange)
  USING INDEX suppression:SuppressionChange(at, id)
  WHERE
    after <= suppression.at < until AND
    CASE suppression.at WHEN after THEN suppression.id > id ELSE true END AND
    suppression.id IS NOT NULL
  WITH suppression, suppression.at AS at
  ORDER BY suppression.at, suppression.id
  LIMIT $limit
  RETURN null AS change, suppression AS record, suppression.kind AS kind, at
  UNION ALL
  MATCH (move:IdentifierMove)
  USING INDEX move:IdentifierMove(at, id)
  WHERE
    after <= move.at < until AND
    CASE move.at WHEN after THEN move.id > id ELSE true END AND
    move.id IS NOT NULL
  WITH move, move.at AS at
  ORDER BY move.at, move.id
  LIMIT $limit
  RETURN null AS change, move AS record, move.kind AS kind, at
  UNION ALL
  MATCH (move:IdentifierMove)
  USING INDEX move:IdentifierMove(undoneAt, id)
  WHERE
    after <= move.undoneAt < until AND
    CASE move.undoneAt WHEN after THEN move.id > id ELSE true END AND
    move.id IS NOT NULL
  WITH move, move.undoneAt AS at
  ORDER BY move.undoneAt, move.id
  LIMIT $limit
  RETURN null AS change, move AS record, 'undo' AS kind, at
}
WITH change, record, kind, at, coalesce(change.id, record.id) AS id
ORDER BY at, id
LIMIT $limit
RETURN
  id,
  kind,
  toString(at) AS at,
  [at.epochSeconds, at.nanosecond] AS moment,
  CASE kind
    WHEN 'undo' THEN coalesce(change.undoneBy, record.undoneBy)
    ELSE coalesce(change.by, record.by)
  END AS by,
  CASE kind
    WHEN 'undo' THEN coalesce(change.undoReason, record.undoReason)
    ELSE coalesce(change.reason, record.reason)
  END AS reason,
  coalesce(
    record.customers,
    [node IN [startNode(change), endNode(change)] WHERE node:Customer | node.id]
  ) AS customers,
  CASE kind
    WHEN 'review' THEN startNode(change).kind + ':' + startNode(change).value
    ELSE head(COLLECT {
      MATCH (record)-[:MOVES]->(moved:Identifier)
      RETURN moved.kind + ':' + moved.value
    })
  END AS identifier,
  change.shared AS shared,
  CASE WHEN kind IN ['suppression', 'unsuppression'] THEN record.identifiers END AS identifiers,
  CASE kind WHEN 'prune' THEN record.touchpoints END AS touchpoints,
  toString(record.before) AS before,
  CASE kind
    WHEN 'merge' THEN change.undoneAt IS NOT NULL
    WHEN 'dismissal' THEN change.undoneAt IS NOT NULL
    WHEN 'move' THEN record.undoneAt IS NOT NULL
    WHEN 'detach' THEN record.undoneAt IS NOT NULL
    WHEN 'suppression' THEN EXISTS { (record)<-[:UNDOES]-(:SuppressionChange) }
    WHEN 'split' THEN
      coalesce(startNode(change).survivor, startNode(change).id) =
      coalesce(endNode(change).survivor, endNode(change).id)
    ELSE false
  END AS undone
