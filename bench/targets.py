"""The rows of the comparison by their names, and its targets."""

from collections.abc import Mapping, Sequence

from bench.contender import Sample, median, ratio
from bench.report import Expectation

BASELINE = "FastAPI, 64 connections"
SINGLE_BASELINE = "FastAPI, 1 connection"
DRIVER = "driver alone, batches of 500"
DRIVER_CONTEXT = "driver alone, context, 1 connection"
SINGLE = "this, 1 connection"
MANY = "this, 64 connections"
MOST = "this, 256 connections"
BATCHES = "this, batches of 500"
SDK_CALLS = "this, calls of an SDK, batches of 500"
IMPORT = "this, import of a file"
CONTEXTS = "this, context, 1 connection"
HOT_MANY = "this, hot caches, 64 connections"
HOT_BATCHES = "this, hot caches, batches of 500"
ONE_IDENTIFIER = "this, one identifier, batches of 500"
THREE_IDENTIFIERS = "this, three identifiers, batches of 500"


def expectations(samples: Mapping[str, Sequence[Sample]]) -> list[Expectation]:
    """The targets of the comparison."""
    return [*_of_programs(samples), *_of_identifiers(samples)]


def _of_programs(samples: Mapping[str, Sequence[Sample]]) -> list[Expectation]:
    tail = ratio(samples[MANY], samples[BASELINE], "p99", "p50")
    single = ratio(samples[SINGLE], samples[SINGLE_BASELINE], "p50")
    context = ratio(samples[CONTEXTS], samples[DRIVER_CONTEXT], "p50")
    import_cpu = median(samples[IMPORT]).program_cpu_an_event
    return [
        Expectation(
            "64 connections, events/s / baseline", ratio(samples[MANY], samples[BASELINE]), 7
        ),
        Expectation("64 connections, p99 / p50 of the baseline", tail, 1, True),
        Expectation("1 connection, p50 / baseline", single, 0.6, True),
        Expectation(
            "batches of 500, events/s / driver alone", ratio(samples[BATCHES], samples[DRIVER]), 1
        ),
        Expectation(
            "calls of an SDK, events/s / batches", ratio(samples[SDK_CALLS], samples[BATCHES]), 0.8
        ),
        Expectation("import, events/s / batches", ratio(samples[IMPORT], samples[BATCHES]), 0.9),
        Expectation("import, CPU of the program in µs/event", import_cpu, 120, True),
        Expectation("context, p50 / driver alone", context, 2, True),
    ]


def _of_identifiers(samples: Mapping[str, Sequence[Sample]]) -> list[Expectation]:
    cpu = "program_cpu_an_event"
    one = ratio(samples[ONE_IDENTIFIER], samples[HOT_BATCHES], cpu)
    three = ratio(samples[THREE_IDENTIFIERS], samples[HOT_BATCHES], cpu)
    neo4j = ratio(samples[THREE_IDENTIFIERS], samples[ONE_IDENTIFIER], "neo4j_cpu_an_event")
    return [
        Expectation("one identifier, CPU of the service / hot caches", one, 1.3, True),
        Expectation("three identifiers, CPU of the service / hot caches", three, 1.7, True),
        Expectation("three identifiers, CPU of Neo4j / one identifier", neo4j, 1.15, True),
    ]
