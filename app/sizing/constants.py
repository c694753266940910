"""The measured constants of a forecast, in a file of this package that the benchmark writes."""

from pathlib import Path

import msgspec
from msgspec import Struct

FILE = Path(__file__).with_name("measured.json")


class Cost(Struct, frozen=True):
    """The CPU time of an event in µs, and the throughput of the measured host in events/s."""

    service: float
    neo4j: float
    throughput: float


class Constants(Struct, frozen=True):
    """Costs and sizes on the workload of the benchmark. Sizes are in bytes.

    `index` is the part of `touchpoint` that is in indexes. `worker` is the memory of a worker.
    """

    date: str
    machine: str
    single: Cost
    batch: Cost
    person: float
    touchpoint: float
    index: float
    worker: float


def load() -> Constants:
    """The constants in the file."""
    return msgspec.json.decode(FILE.read_bytes(), type=Constants)


def save(constants: Constants) -> None:
    """Writes the file."""
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(constants), indent=2) + b"\n")
