"""The forecast: cores, memory and disk of a workload, from the measured constants."""

import math

from msgspec import Struct

from app.sizing.constants import Constants

DAY_SECONDS = 24 * 3600
UTILISATION = 0.7  # of cores at the peak: above it, latency rises steeply
DISK_RESERVE = 0.3  # of the data, for freed space, growth and a check of the store
LOG_BYTES = 2 * 10**9  # transaction logs by Neo4j's default
HEAP_BYTES = 10**9
MIN_PAGE_CACHE_BYTES = 256 * 2**20
DATABASE_CORES = 8  # of one Neo4j; writes beyond these go to another database
DATABASE_CACHE_BYTES = 256 * 10**9  # of one Neo4j; more need another one
PARTITIONS_PER_CONSUMER = 4  # so that more consumers can join later


class Workload(Struct, frozen=True):
    """The events of a day, the known people, and the retention in days.

    `peak` is the rate of the busiest minutes as a multiple of the average. `is_batched` is whether
    events arrive in batches, by an import or from Kafka.
    """

    events_a_day: int
    people: int
    retention: int
    peak: float = 4.0
    is_batched: bool = False


class Forecast(Struct, frozen=True):
    """Rates in events/s, numbers of cores and parts, and sizes in bytes."""

    average: float
    peak: float
    service_load: float
    neo4j_load: float
    workers: int
    neo4j_cores: int
    touchpoints: int
    data: float
    disk: float
    page_cache: float
    neo4j_memory: float
    service_memory: float
    partitions: int
    databases: int


def forecast(workload: Workload, constants: Constants) -> Forecast:
    """The cores, the memory and the disk that a workload needs once it is as old as the retention.

    `service_load` and `neo4j_load` are the cores that are busy at the peak.
    """
    cost = constants.batch if workload.is_batched else constants.single
    average = workload.events_a_day / DAY_SECONDS
    peak = average * workload.peak
    service, neo4j = (peak * microseconds / 1e6 for microseconds in (cost.service, cost.neo4j))
    touchpoints = workload.events_a_day * workload.retention
    data = workload.people * constants.person + touchpoints * constants.touchpoint
    cache = max(MIN_PAGE_CACHE_BYTES, touchpoints * constants.index)
    workers = _cores(service)
    consumers = _cores(peak * constants.batch.service / 1e6)
    return Forecast(
        average=average,
        peak=peak,
        service_load=service,
        neo4j_load=neo4j,
        workers=workers,
        neo4j_cores=_cores(neo4j),
        touchpoints=touchpoints,
        data=data,
        disk=data * (1 + DISK_RESERVE) + LOG_BYTES,
        page_cache=cache,
        neo4j_memory=HEAP_BYTES + cache,
        service_memory=workers * constants.worker,
        partitions=consumers * PARTITIONS_PER_CONSUMER,
        databases=math.ceil(max(_cores(neo4j) / DATABASE_CORES, cache / DATABASE_CACHE_BYTES)),
    )


def _cores(load: float) -> int:
    return max(1, math.ceil(load / UTILISATION))
