// Records that a step of the schema was applied. A repeat changes nothing.
//
// $version   its number
// $name      what it is about
// $checksum  of its text
//
// Returns nothing.
MERGE (migration:SchemaMigration {version: $version})
  ON CREATE SET
    migration.name = $name,
    migration.checksum = $checksum,
    migration.appliedAt = datetime()
