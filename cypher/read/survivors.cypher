// Who Customers are by now.
//
// $customers  their ids
//
// Returns a row for each that exists: customerId, and survivorId, which is the same unless it was
// merged.
UNWIND $customers AS id
MATCH (customer:Customer {id: id})
RETURN customer.id AS customerId, coalesce(customer.survivor, customer.id) AS survivorId
