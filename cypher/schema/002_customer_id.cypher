// The service finds a Customer by its id.
CREATE CONSTRAINT customer_id IF NOT EXISTS
FOR (customer:Customer)
REQUIRE customer.id IS UNIQUE
