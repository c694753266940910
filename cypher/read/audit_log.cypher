// A page of the audit log of identities, latest first.
//
// $before  the end of the previous page: a map of at and id, or null
// $limit   how many entries to return
//
// Returns a row per entry, one more than the limit if there are more:
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
  CASE WHEN $before IS NULL
    THEN datetime({year: 999999999})
    ELSE datetime.fromepoch($before.at[0], $before.at[1])
  END AS before,
  coalesce($before.id, '') AS id
CALL (before, id) {
  // With an OR in place of the CASE, the plan reads all earlier entries. Without the hints, it
  // reads the whole index of the ids.
  MATCH ()-[merge:MERGED_INTO]->()
  USING INDEX merge:MERGED_INTO(at, id)
  WHERE
    merge.at <= before AND
    CASE merge.at WHEN before THEN merge.id < id ELSE true END AND
    merge.id IS NOT NULL
  WITH merge AS change, merge.at AS at
  ORDER BY merge.at DESC, merge.id DESC
  LIMIT $limit + 1
  RETURN change, null AS record, 'merge' AS kind, at
  UNION ALL
  MATCH ()-[merge:WAS_MERGED_INTO]->()
  USING INDEX merge:WAS_MERGED_INTO(at, id)
  WHERE
    merge.at <= before AND
    CASE merge.at WHEN before THEN merge.id < id ELSE true END AND
    merge.id IS NOT NULL
  WITH merge AS change, merge.at AS at
  ORDER BY merge.at DESC, merge.id DESC
  LIMIT $limit + 1
  RETURN change, null AS record, 'merge' AS kind, at
  UNION ALL
  MATCH ()-[merge:WAS_MERGED_INTO]->()
  USING INDEX merge:WAS_MERGED_INTO(undoneAt, id)
  WHERE
    merge.undoneAt <= before AND
    CASE merge.undoneAt WHEN before THEN merge.id < id ELSE true END AND
    merge.id IS NOT NULL
  WITH merge AS change, merge.undoneAt AS at
  ORDER BY merge.undoneAt DESC, merge.id DESC
  LIMIT $limit + 1
  RETURN change, null AS record, 'undo' AS kind, at
  UNION ALL
  MATCH ()-[split:SPLIT_FROM]->()
  USING INDEX split:SPLIT_FROM(at, id)
  WHERE
    split.at <= before AND
    CASE split.at WHEN before THEN split.id < id ELSE true END AND
    split.id IS NOT NULL
  WITH split AS change, split.at AS at
  ORDER BY split.at DESC, split.id DESC
  LIMIT $limit + 1
  RETURN change, null AS record, 'split' AS kind, at
  UNION ALL
  MATCH ()-[dismissal:NOT_SAME_AS]->()
  USING INDEX dismissal:NOT_SAME_AS(at, id)
  WHERE
    dismissal.at <= before AND
    CASE dismissal.at WHEN before THEN dismissal.id < id ELSE true END AND
    dismissal.id IS NOT NULL
  WITH dismissal AS change, dismissal.at AS at
  ORDER BY dismissal.at DESC, dismissal.id DESC
  LIMIT $limit + 1
  RETURN change, null AS record, 'dismissal' AS kind, at
  UNION ALL
  MATCH ()-[dismissal:WAS_NOT_SAME_AS]->()
  USING INDEX dismissal:WAS_NOT_SAME_AS(at, id)
  WHERE
    dismissal.at <= before AND
    CASE dismissal.at WHEN before THEN dismissal.id < id ELSE true END AND
    dismissal.id IS NOT NULL
  WITH dismissal AS change, dismissal.at AS at
  ORDER BY dismissal.at DESC, dismissal.id DESC
  LIMIT $limit + 1
  RETURN change, null AS record, 'dismissal' AS kind, at
  UNION ALL
  MATCH ()-[dismissal:WAS_NOT_SAME_AS]->()
  USING INDEX dismissal:WAS_NOT_SAME_AS(undoneAt, id)
  WHERE
    dismissal.undoneAt <= before AND
    CASE dismissal.undoneAt WHEN before THEN dismissal.id < id ELSE true END AND
    dismissal.id IS NOT NULL
  WITH dismissal AS change, dismissal.undoneAt AS at
  ORDER BY dismissal.undoneAt DESC, dismissal.id DESC
  LIMIT $limit + 1
  RETURN change, null AS record, 'undo' AS kind, at
  UNION ALL
  MATCH ()-[review:REVIEWED]->()
  USING INDEX review:REVIEWED(at, id)
  WHERE
    review.at <= before AND
    CASE review.at WHEN before THEN review.id < id ELSE true END AND
    review.id IS NOT NULL
  WITH review AS change, review.at AS at
  ORDER BY review.at DESC, review.id DESC
  LIMIT $limit + 1
  RETURN change, null AS record, 'review' AS kind, at
  UNION ALL
  MATCH (erasure:Erasure)
  USING INDEX erasure:Erasure(at, id)
  WHERE
    erasure.at <= before AND
    CASE erasure.at WHEN before THEN erasure.id < id ELSE true END AND
    erasure.id IS NOT NULL
  WITH erasure, erasure.at AS at
  ORDER BY erasure.at DESC, erasure.id DESC
  LIMIT $limit + 1
  RETURN null AS change, erasure AS record, 'erasure' AS kind, at
  UNION ALL
  MATCH (prune:Prune)
  USING INDEX prune:Prune(at, id)
  WHERE
    prune.at <= before AND
    CASE prune.at WHEN before THEN prune.id < id ELSE true END AND
    prune.id IS NOT NULL
  WITH prune, prune.at AS at
  ORDER BY prune.at DESC, prune.id DESC
  LIMIT $limit + 1
  RETURN null AS change, prune AS record, 'prune' AS kind, at
  UNION ALL
  MATCH (suppression:SuppressionChange)
  USING INDEX suppression:SuppressionChange(at, id)
  WHERE
    suppression.at <= before AND
    CASE suppression.at WHEN before THEN suppression.id < id ELSE true END AND
    suppression.id IS NOT NULL
  WITH suppression, suppression.at AS at
  ORDER BY suppression.at DESC, suppression.id DESC
  LIMIT $limit + 1
  RETURN null AS change, suppression AS record, suppression.kind AS kind, at
  UNION ALL
  MATCH (move:IdentifierMove)
  USING INDEX move:IdentifierMove(at, id)
  WHERE
    move.at <= before AND
    CASE move.at WHEN before THEN move.id < id ELSE true END AND
    move.id IS NOT NULL
  WITH move, move.at AS at
  ORDER BY move.at DESC, move.id DESC
  LIMIT $limit + 1
  RETURN null AS change, move AS record, move.kind AS kind, at
  UNION ALL
  MATCH (move:IdentifierMove)
  USING INDEX move:IdentifierMove(undoneAt, id)
  WHERE
    move.undoneAt <= before AND
    CASE move.undoneAt WHEN before THEN move.id < id ELSE true END AND
    move.id IS NOT NULL
  WITH move, move.undoneAt AS at
  ORDER BY move.undoneAt DESC, move.id DESC
  LIMIT $limit + 1
  RETURN null AS change, move AS record, 'undo' AS kind, at
}
WITH change, record, kind, at, coalesce(change.id, record.id) AS id
ORDER BY at DESC, id DESC
LIMIT $limit + 1
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
