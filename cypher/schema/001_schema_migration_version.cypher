// A schema migration is recorded once, by its number.
CREATE CONSTRAINT schema_migration_version IF NOT EXISTS
FOR (migration:SchemaMigration)
REQUIRE migration.version IS UNIQUE
