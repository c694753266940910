"""The records of requests after ingest, and the streams of them."""
