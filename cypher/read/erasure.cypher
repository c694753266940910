// The erasure of a Customer.
//
// $customer  the id of an erased Customer
//
// Returns one row, or none if no Customer with this id was erased:
//   id
//   customers    the ids of all erased Customers, the surviving one first
//   identifiers, touchpoints  how many are deleted so far
//   redacted     how many events of other Customers are redacted so far
//   at, by, reason, finishedAt  reason is null if none was given, finishedAt until it is finished
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
