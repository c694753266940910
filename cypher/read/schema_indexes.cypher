// All indexes, including those behind constraints.
//
// Returns a row per index:
//   name, state, properties
//   kind      such as NODE RANGE
//   labels    of the nodes, or the types of the relationships
//   isUnique  whether a constraint owns it
SHOW INDEXES
YIELD name, state, entityType, type, labelsOrTypes, properties, owningConstraint
RETURN
  name,
  state,
  entityType + ' ' + type AS kind,
  labelsOrTypes AS labels,
  properties,
  owningConstraint IS NOT NULL AS isUnique
