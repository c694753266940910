// Creates the named Customers that do not exist. It creates no erased Customer again.
//
// $ids  their ids
// $now  when they are created, [seconds since 1970, nanoseconds]
//
// Returns nothing.
UNWIND $ids AS id
WITH id
WHERE NOT EXISTS { (:ErasedCustomer {id: id}) }
MERGE (customer:Customer {id: id})
  ON CREATE SET customer.createdAt = datetime.fromepoch($now[0], $now[1])
