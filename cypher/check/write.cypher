// Writes nodes and relationships, as the service does. The caller rolls it back.
//
// Returns nothing.
CREATE (:Customer)
