// A page of the groups of rejections of one API key, the last seen first.
//
// $apiKey  the id of the API key; empty for requests without a valid one
// $before  the end of the previous page: a map of at and id, or null
// $code    only groups with this error code, or null
// $field   only groups of this field, or null
// $limit   how many groups to return
//
// Returns one row:
//   groups  as in rejections, one more than the limit if there are more
//   end     null: the scan was complete
WITH
  CASE WHEN $before IS NULL
    THEN datetime({year: 999999999})
    ELSE datetime.fromepoch($before.at[0], $before.at[1])
  END AS before,
  coalesce($before.id, '') AS id
CALL (before, id) {
  MATCH (rejections:RejectionGroup)
  WHERE
    rejections.apiKey = $apiKey AND
    rejections.code IS NOT NULL AND
    rejections.field IS NOT NULL AND
    ($code IS NULL OR rejections.code = $code) AND
    ($field IS NULL OR rejections.field = $field) AND
    rejections.lastSeen <= before AND
    CASE rejections.lastSeen WHEN before THEN rejections.id < id ELSE true END
  WITH rejections
  ORDER BY rejections.lastSeen DESC, rejections.id DESC
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
RETURN groups, null AS end
