// Which Neo4j this is, in the one form that any of its databases takes.
//
// Returns a row per component:
//   name, versions, edition
CALL dbms.components()
YIELD name, versions, edition
RETURN name, versions, edition
