// The surviving Customers of Customers.
//
// $customers  their ids
//
// Returns a row per Customer that exists:
//   customerId
//   survivorId  the same unless the Customer was merged
UNWIND $customers AS id
MATCH (customer:Customer {id: id})
RETURN customer.id AS customerId, coalesce(customer.survivor, customer.id) AS survivorId
