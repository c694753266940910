"""What is read of Customers: context, timeline and explanation."""
