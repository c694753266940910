"""The consumer of Kafka topics: a way in for events, like HTTP and imports."""
