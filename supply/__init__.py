"""What the service is made of: its packages and jars, their versions, digests and licences."""
