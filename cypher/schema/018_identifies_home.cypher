// The Identifiers of a Customer who was merged are found by whose they are, wherever they point.
CREATE INDEX identifies_home IF NOT EXISTS
FOR ()-[identifies:IDENTIFIES]-()
ON (identifies.home)
