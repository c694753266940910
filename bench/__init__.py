"""The benchmark: the service compared with a baseline, on one host, in one run."""
