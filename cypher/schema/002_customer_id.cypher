// A Customer is found by its id.
CREATE CONSTRAINT customer_id IF NOT EXISTS
FOR (customer:Customer)
REQUIRE customer.id IS UNIQUE
