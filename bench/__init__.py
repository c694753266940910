"""The benchmark: this service beside what people would write, on one machine, in one run."""
