"""Retention: deletes Touchpoints that occurred long ago. Identities stay."""
