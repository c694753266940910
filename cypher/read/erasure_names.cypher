// The Customers and identifiers that an unfinished erasure has erased so far.
//
// $customer  the id of an erased Customer
//
// Returns one row, or none if the erasure is finished:
//   customers  the ids of all erased Customers
//   names      the identifiers (kind:value) that are erased so far
MATCH (:ErasedCustomer {id: $customer})<-[:ERASED]-(erasure:Erasure)
WHERE erasure.finishedAt IS NULL
RETURN erasure.customers AS customers, coalesce(erasure.names, []) AS names
