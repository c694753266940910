"""Sizing: a forecast of the cores, memory and disk that a workload needs."""
