// Reads a Customer, as the service does.
//
// Returns one row, or none if there is no Customer:
//   id
MATCH (customer:Customer)
RETURN customer.id AS id
LIMIT 1
