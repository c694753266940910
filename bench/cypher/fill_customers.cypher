// Creates Customers in bulk, in the form in which the service stores them.
//
// $first, $last  their numbers
UNWIND range($first, $last) AS number
WITH number, datetime() AS now, 'customer' + number + '@example.com' AS email
CREATE (customer:Customer {id: 'cus_' + number, createdAt: now})
CREATE (:Identifier {kind: 'email', value: email, weight: 1.0})
  -[:IDENTIFIES {since: now}]->(customer)
WITH number, now, customer
WHERE number % 5 = 0
CREATE (:Identifier {kind: 'phone', value: '+1415' + (5550000 + number), weight: 0.9})
  -[:IDENTIFIES {since: now}]->(customer)
