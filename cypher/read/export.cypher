// A page of all Touchpoints, in the order of their ids.
//
// $after  the id of the last Touchpoint of the previous page, or an empty string
// $limit  how many Touchpoints to return
//
// Returns a row per Touchpoint:
//   id, customerId, event, timestamp, properties
//   keys  its identifiers, maps of
//     kind, value
//     own       whether the Touchpoint's Customer owns the Identifier, or did before it was merged
//     attached  whether the Identifier was attached with this Touchpoint, or with another one that
//               was received at the same time
MATCH (touchpoint:Touchpoint)
WHERE
  touchpoint.id > $after AND
  // Events of a Customer that is being erased are left out.
  EXISTS { (touchpoint)<-[:HAS_TOUCHPOINT]-(:Customer) }
WITH touchpoint
ORDER BY touchpoint.id
LIMIT $limit
RETURN
  touchpoint.id AS id,
  touchpoint.customerId AS customerId,
  touchpoint.event AS event,
  touchpoint.timestamp AS timestamp,
  touchpoint.properties AS properties,
  COLLECT {
    UNWIND touchpoint.identifiers AS text
    WITH touchpoint, split(text, ':')[0] AS kind, text
    WITH touchpoint, kind, substring(text, size(kind) + 1) AS value
    OPTIONAL MATCH
      (:Identifier {kind: kind, value: value})-[identifies:IDENTIFIES]->(owner:Customer)
    WITH touchpoint, kind, value, identifies,
      coalesce(identifies.home, owner.id, '') = touchpoint.customerId AS own
    RETURN {
      kind: kind,
      value: value,
      own: own,
      attached: own AND identifies.since = touchpoint.receivedAt
    }
  } AS keys
