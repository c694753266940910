"""Explanations of the Customer of an event."""
