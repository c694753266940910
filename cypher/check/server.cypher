// The version of Neo4j, in the one form that every version of Neo4j accepts.
//
// Returns a row per component:
//   name, versions, edition
CALL dbms.components()
YIELD name, versions, edition
RETURN name, versions, edition
