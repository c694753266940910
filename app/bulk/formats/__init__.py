"""The formats of files: JSON Lines, CSV and Segment calls."""
