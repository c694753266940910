// The splits of a Customer, and of all who were merged into it, on either side.
//
// $customer  its id
//
// Returns a row per split:
//   id
//   whole  the id of the Customer from whom the part was split
MATCH (customer:Customer {id: $customer})<-[:MERGED_INTO*0..]-(member:Customer)
MATCH (member)-[split:SPLIT_FROM]-(:Customer)
RETURN DISTINCT split.id AS id, endNode(split).id AS whole
