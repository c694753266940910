// The applied schema migrations, in their order.
//
// Returns a row per schema migration:
//   version, name, checksum
MATCH (migration:SchemaMigration)
WHERE migration.version >= 0
RETURN
  migration.version AS version,
  migration.name AS name,
  migration.checksum AS checksum
ORDER BY version
