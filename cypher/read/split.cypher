// A split, with its current state.
//
// $id  of the split
//
// Returns one row, or none if there is no such split:
//   part, whole  the ids of the part and of the Customer that it was split from
MATCH (part:Customer)-[split:SPLIT_FROM {id: $id}]->(whole:Customer)
RETURN part.id AS part, whole.id AS whole
