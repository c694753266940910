"""Segment: the calls of tracking SDKs, mapped to events. Requests and imports share the mapping."""
