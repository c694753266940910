"""The harness of the evaluations: it replays the transcripts of an agent on a real service."""
