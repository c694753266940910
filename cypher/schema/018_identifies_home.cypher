// The Identifiers of a merged Customer are found by their owner, wherever they point.
CREATE INDEX identifies_home IF NOT EXISTS
FOR ()-[identifies:IDENTIFIES]-()
ON (identifies.home)
