// Attaches Touchpoints in bulk, in the form in which the service stores them: a tenth of them to
// the first Customer, the others skewed to the Customers with low numbers.
//
// $first, $last  their numbers
// $customers     the number of Customers
UNWIND range($first, $last) AS number
WITH number, datetime('2026-01-01T00:00:00Z') + duration({seconds: number}) AS at,
  CASE number % 10 WHEN 0 THEN 0 ELSE toInteger($customers * rand() ^ 3) END AS who
MATCH (customer:Customer {id: 'cus_' + who})
CREATE (customer)-[:HAS_TOUCHPOINT]->(:Touchpoint {
  id: 'evt_' + number,
  customerId: customer.id,
  event: 'page_viewed',
  timestamp: toString(at),
  occurredAt: at,
  receivedAt: at,
  resolvedBy: 'email',
  identifiers: ['email:customer' + who + '@example.com'],
  properties: '{"url":"/pricing","referrer":"https://google.com"}',
  url: '/pricing',
  referrer: 'https://google.com'
})
