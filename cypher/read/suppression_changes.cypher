// A page of the changes of the suppression list, latest first.
//
// $before  the end of the previous page: a map of at and id, or null
// $limit   how many changes to return
//
// Returns a row per change, one more than the limit if there are more:
//   id
//   kind         suppression or unsuppression
//   at           when, as a text
//   moment       the same, [seconds since 1970, nanoseconds]
//   by           the id of the API key, or cli
//   reason
//   identifiers  how many it added or removed
//   undone       whether another change undoes it
WITH
  CASE WHEN $before IS NULL
    THEN datetime({year: 999999999})
    ELSE datetime.fromepoch($before.at[0], $before.at[1])
  END AS before,
  coalesce($before.id, '') AS id
CALL (before, id) {
  MATCH (change:SuppressionChange)
  USING INDEX change:SuppressionChange(at, id)
  WHERE
    change.at <= before AND
    CASE change.at WHEN before THEN change.id < id ELSE true END AND
    change.id IS NOT NULL
  WITH change
  ORDER BY change.at DESC, change.id DESC
  LIMIT $limit + 1
  RETURN change
}
RETURN
  change.id AS id,
  change.kind AS kind,
  toString(change.at) AS at,
  [change.at.epochSeconds, change.at.nanosecond] AS moment,
  change.by AS by,
  change.reason AS reason,
  change.identifiers AS identifiers,
  EXISTS { (change)<-[:UNDOES]-(:SuppressionChange) } AS undone
ORDER BY change.at DESC, change.id DESC
