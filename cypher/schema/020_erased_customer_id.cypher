// The service finds an erased Customer by its id.
CREATE CONSTRAINT erased_customer_id IF NOT EXISTS
FOR (erased:ErasedCustomer)
REQUIRE erased.id IS UNIQUE
