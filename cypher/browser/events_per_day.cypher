// Events per day
//
// Counts the Touchpoints that occurred on each of the latest days (UTC), and their Customers. The
// query reads an index of all Touchpoints, so its duration grows with their number.
//
// $days  how many days, including today; to set it:
//        :param days => 30
WITH datetime.truncate('day', datetime({timezone: 'UTC'})) AS today
WITH today - duration({days: $days - 1}) AS from, today + duration({days: 1}) AS to
MATCH (touchpoint:Touchpoint)
WHERE
  touchpoint.customerId >= '' AND
  from <= touchpoint.occurredAt < to AND
  touchpoint.id IS NOT NULL
WITH date(touchpoint.occurredAt) AS day, touchpoint.customerId AS id, count(*) AS count
OPTIONAL MATCH (customer:Customer {id: id})
RETURN
  toString(day) AS day,
  sum(count) AS events,
  count(DISTINCT coalesce(customer.survivor, id)) AS customers
ORDER BY day DESC
