// The erasures that are not finished, the one that went on last at the end.
//
// $idle  how long ago, in seconds, one went on last that nobody works on
//
// Returns a row for each: the id of a customer of it, and isIdle, whether nobody works on it.
MATCH (erasure:Erasure)
WHERE erasure.progressAt <= datetime({year: 999999999})
RETURN
  erasure.customers[0] AS customer,
  erasure.progressAt < datetime() - duration({seconds: $idle}) AS isIdle
ORDER BY erasure.progressAt
