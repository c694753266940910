"""Reads of Customers: context, timeline and explanation."""
