// Every index, those behind constraints among them.
//
// Returns name, state, kind (such as NODE RANGE), labels (or types), properties, and isUnique where
// a constraint owns it.
SHOW INDEXES
YIELD name, state, entityType, type, labelsOrTypes, properties, owningConstraint
RETURN
  name,
  state,
  entityType + ' ' + type AS kind,
  labelsOrTypes AS labels,
  properties,
  owningConstraint IS NOT NULL AS isUnique
