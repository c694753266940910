"""Webhooks: the audit log, sent to other systems."""
