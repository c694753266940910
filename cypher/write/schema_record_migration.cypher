// Records that a schema migration was applied. A repeat changes nothing.
//
// $version   its number
// $name      its name
// $checksum  of its text
//
// Returns nothing.
MERGE (migration:SchemaMigration {version: $version})
  ON CREATE SET
    migration.name = $name,
    migration.checksum = $checksum,
    migration.appliedAt = datetime()
