// The erasures that are not finished, the one that went on last at the end.
//
// $idle  how long ago, in seconds, one went on last that nobody works on
//
// Returns a row per erasure:
//   customer  the id of one of its Customers
//   isIdle    whether nothing works on it
MATCH (erasure:Erasure)
WHERE erasure.progressAt <= datetime({year: 999999999})
RETURN
  erasure.customers[0] AS customer,
  erasure.progressAt < datetime() - duration({seconds: $idle}) AS isIdle
ORDER BY erasure.progressAt
