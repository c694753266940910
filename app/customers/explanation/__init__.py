"""Why an event is with its Customer."""
