// The unfinished erasures, least recent progress first.
//
// $idle  the time without progress, in seconds, after which an erasure is idle
//
// Returns a row per erasure:
//   customer  the id of one of its Customers
//   isIdle    whether no process works on it, although there is something to do
MATCH (erasure:Erasure)
WHERE erasure.progressAt <= datetime({year: 999999999})
RETURN
  erasure.customers[0] AS customer,
  erasure.progressAt < datetime() - duration({seconds: $idle}) AND (
    coalesce(erasure.heldUntil <= datetime(), true) OR
    EXISTS { (erasure)-[:LEAVES|MENTIONED_BY]->() }
  ) AS isIdle
ORDER BY erasure.progressAt
