// Goes on with an erasure: takes keys that are erased out of what events of others carried.
//
// $customer  the id of a Customer who was erased
// $events    the ids of the Touchpoints
// $names     the keys (kind:value)
//
// Returns one row:
//   redacted  how many Touchpoints carried one of the identifiers
MATCH (:ErasedCustomer {id: $customer})<-[:ERASED]-(erasure:Erasure)
// Another who works on it waits, and may find it finished.
SET erasure.locked = true
REMOVE erasure.locked
WITH erasure
WHERE erasure.finishedAt IS NULL
SET erasure.progressAt = datetime()
WITH erasure
UNWIND $events AS id
MATCH (touchpoint:Touchpoint {id: id})
// Whoever has the key by now has it since.
WHERE touchpoint.receivedAt <= erasure.at
WITH erasure, touchpoint, [name IN touchpoint.identifiers WHERE name IN $names] AS gone
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
