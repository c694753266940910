"""The activity after ingest: the streams of its records, the rejections and the statistics."""
