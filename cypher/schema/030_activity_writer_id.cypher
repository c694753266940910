// A process that writes statistics has a record of its last write, which makes a retry safe.
CREATE CONSTRAINT activity_writer_id IF NOT EXISTS
FOR (writer:ActivityWriter)
REQUIRE writer.id IS UNIQUE
