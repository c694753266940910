// A split, as it is now.
//
// $id  of the split
//
// Returns the ids of the part and of the whole it is from; no row where there is no such split.
MATCH (part:Customer)-[split:SPLIT_FROM {id: $id}]->(whole:Customer)
RETURN part.id AS part, whole.id AS whole
