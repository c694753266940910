// Continues an erasure: redacts erased identifiers in events of other Customers.
//
// $customer  the id of an erased Customer
// $events    the ids of the Touchpoints
// $names     the identifiers (kind:value)
//
// Returns one row:
//   redacted  how many Touchpoints carried one of the identifiers
MATCH (:ErasedCustomer {id: $customer})<-[:ERASED]-(erasure:Erasure)
// Another process that works on this erasure waits here, and may then find it finished.
SET erasure.locked = true
REMOVE erasure.locked
WITH erasure
WHERE erasure.finishedAt IS NULL
SET erasure.progressAt = datetime()
WITH erasure
WITH erasure, COLLECT {
  MATCH (erasure)-[suppressed:SUPPRESSED]->(:Suppression)
  RETURN suppressed.name
} AS suppressed
UNWIND $events AS id
MATCH (touchpoint:Touchpoint {id: id})
// A later event belongs to the current owner of the identifier, unless it is suppressed.
WITH erasure, touchpoint, [name IN touchpoint.identifiers WHERE
  name IN $names AND (touchpoint.receivedAt <= erasure.at OR name IN suppressed)
] AS gone
WHERE size(gone) > 0
WITH erasure, touchpoint, gone, [name IN gone | split(name, ':')[0]] AS kinds
SET
  touchpoint.identifiers = [name IN touchpoint.identifiers WHERE NOT name IN gone],
  touchpoint.sent = [sent IN touchpoint.sent WHERE NOT split(sent, ':')[0] IN kinds],
  touchpoint.shared = [name IN touchpoint.shared WHERE NOT name IN gone],
  touchpoint.beyondLimit = [name IN touchpoint.beyondLimit WHERE NOT name IN gone]
WITH erasure, count(touchpoint) AS redacted
SET erasure.redacted = erasure.redacted + redacted
RETURN redacted
