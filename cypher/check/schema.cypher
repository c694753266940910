// Changes the schema, as the service does. The caller rolls it back.
//
// Returns nothing.
CREATE INDEX schema_migration_check
FOR (migration:SchemaMigration)
ON (migration.appliedAt)
