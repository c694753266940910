// One process at a time deletes the Touchpoints that are older than the retention.
CREATE CONSTRAINT prune_lease_name IF NOT EXISTS
FOR (lease:PruneLease)
REQUIRE lease.name IS UNIQUE
