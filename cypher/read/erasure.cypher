// The erasure of a Customer.
//
// $customer  the id of the Customer, or of one who was merged with it
//
// Returns one row, or none where nobody of this id was erased:
//   id
//   customers    the ids of all who were erased, the one who stood for them first
//   identifiers, touchpoints  how many were deleted so far
//   redacted     from how many events of others a key was taken so far
//   at, by, reason, finishedAt  the last two are null where they are not there
MATCH (:ErasedCustomer {id: $customer})<-[:ERASED]-(erasure:Erasure)
RETURN
  erasure.id AS id,
  erasure.customers AS customers,
  erasure.identifiers AS identifiers,
  erasure.touchpoints AS touchpoints,
  erasure.redacted AS redacted,
  toString(erasure.at) AS at,
  erasure.by AS by,
  erasure.reason AS reason,
  toString(erasure.finishedAt) AS finishedAt
ORDER BY erasure.at DESC
LIMIT 1
