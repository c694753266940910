// The splits of a Customer, and of all who were merged into it, on either side.
//
// $customer  its id
//
// Returns a row for each: id, and whole, the id of the Customer from whom a part was split.
MATCH (customer:Customer {id: $customer})<-[:MERGED_INTO*0..]-(member:Customer)
MATCH (member)-[split:SPLIT_FROM]-(:Customer)
RETURN DISTINCT split.id AS id, endNode(split).id AS whole
