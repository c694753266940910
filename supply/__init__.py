"""The supply chain of the service: its packages and jars, with versions, digests and licences."""
