"""The formats of files: JSON lines, CSV and Segment calls."""
