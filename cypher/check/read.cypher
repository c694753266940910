// Reads what the service reads. Returns id.
MATCH (customer:Customer)
RETURN customer.id AS id
LIMIT 1
