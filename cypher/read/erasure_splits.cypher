// The splits of a Customer, and of all Customers merged into it, as the part or as the whole.
//
// $customer  its id
//
// Returns a row per split:
//   id
//   whole  the id of the Customer that the part was split from
MATCH (customer:Customer {id: $customer})<-[:MERGED_INTO*0..]-(member:Customer)
MATCH (member)-[split:SPLIT_FROM]-(:Customer)
RETURN DISTINCT split.id AS id, endNode(split).id AS whole
