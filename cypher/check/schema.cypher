// Changes the schema as the service does; to be rolled back.
//
// Returns nothing.
CREATE INDEX schema_migration_check
FOR (migration:SchemaMigration)
ON (migration.appliedAt)
