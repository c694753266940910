// That a Customer was erased is known by its id.
CREATE CONSTRAINT erased_customer_id IF NOT EXISTS
FOR (erased:ErasedCustomer)
REQUIRE erased.id IS UNIQUE
