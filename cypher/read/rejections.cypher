// A page of the groups of rejections, the last seen first. The scan ends after $scan groups, and
// the next page continues from there.
//
// $before  the end of the previous page: a map of at and id, or null
// $code    only groups with this error code, or null
// $field   only groups of this field, or null
// $limit   how many groups to return
// $scan    how many groups to scan
//
// Returns one row:
//   groups  maps, one more than the limit if there are more:
//     id, apiKey, apiKeyName, code, field, message, count, firstSeen, lastSeen
//     sample  the JSON text of the masked event, or null
//     seen    lastSeen as [seconds since 1970, nanoseconds]
//   end     the last scanned group, a map of id and seen; null if none is after it
WITH
  CASE WHEN $before IS NULL
    THEN datetime({year: 999999999})
    ELSE datetime.fromepoch($before.at[0], $before.at[1])
  END AS before,
  coalesce($before.id, '') AS id
CALL (before, id) {
  MATCH (rejections:RejectionGroup)
  USING INDEX rejections:RejectionGroup(lastSeen, id)
  WHERE
    rejections.lastSeen <= before AND
    CASE rejections.lastSeen WHEN before THEN rejections.id < id ELSE true END AND
    rejections.id IS NOT NULL
  WITH rejections
  ORDER BY rejections.lastSeen DESC, rejections.id DESC
  LIMIT $scan
  RETURN collect(rejections) AS scanned
}
CALL (scanned) {
  UNWIND scanned AS rejections
  WITH rejections
  WHERE
    ($code IS NULL OR rejections.code = $code) AND
    ($field IS NULL OR rejections.field = $field)
  WITH rejections
  LIMIT $limit + 1
  OPTIONAL MATCH (key:ApiKey {id: rejections.apiKey})
  WITH rejections, key
  ORDER BY rejections.lastSeen DESC, rejections.id DESC
  RETURN collect(rejections {
    .id, .apiKey, .code, .field, .message, .count, .sample,
    apiKeyName: key.name,
    firstSeen: toString(rejections.firstSeen),
    lastSeen: toString(rejections.lastSeen),
    seen: [rejections.lastSeen.epochSeconds, rejections.lastSeen.nanosecond]
  }) AS groups
}
WITH groups, scanned, last(scanned) AS end
RETURN
  groups,
  CASE WHEN size(scanned) = $scan
    THEN {id: end.id, seen: [end.lastSeen.epochSeconds, end.lastSeen.nanosecond]}
  END AS end
