"""Contenders: the compared loads. Their rounds alternate, so that noise affects all of them."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields

from bench.load import Load
from bench.program import Program, cpu_seconds


@dataclass(frozen=True)
class Contender:
    """A row of the table: a load on a program, or on the database alone."""

    name: str
    load: Load
    program: Program | None = None


@dataclass(frozen=True)
class Sample:
    """One round of a contender, or the medians of several. Latencies are in ms, CPU in cores."""

    requests: float  # per second
    events: float  # per second
    p50: float
    p99: float
    failures: float
    program_cpu: float
    neo4j_cpu: float
    load_cpu: float

    @property
    def program_cpu_an_event(self) -> float:
        """The CPU time of the program per event, in µs."""
        return self.program_cpu / self.events * 1e6

    @property
    def neo4j_cpu_an_event(self) -> float:
        """The CPU time of Neo4j per event, in µs."""
        return self.neo4j_cpu / self.events * 1e6


def compare(
    contenders: Sequence[Contender],
    neo4j: int,
    rounds: int,
    seconds: float,
    show_status: Callable[[str], None],
) -> dict[str, list[Sample]]:
    """The samples of each contender, without the first round, which is a warm-up."""
    samples: dict[str, list[Sample]] = {contender.name: [] for contender in contenders}
    for number in range(rounds + 1):
        for contender in contenders:
            turn = f"round {number} of {rounds}" if number else "warming up"
            show_status(f"{turn}: {contender.name}")
            sample = measure(contender, neo4j, seconds)
            if number:
                samples[contender.name].append(sample)
    return samples


def measure(contender: Contender, neo4j: int, seconds: float) -> Sample:
    """One round of a contender."""
    # Neither the driver alone nor an import has a program that runs all the time.
    pid = contender.program.pid if contender.program else None
    before = cpu_seconds(pid) if pid else 0.0, cpu_seconds(neo4j)
    outcome = contender.load.run(seconds)
    after = cpu_seconds(pid) if pid else 0.0, cpu_seconds(neo4j)
    return Sample(
        requests=outcome.requests / outcome.seconds,
        events=outcome.events / outcome.seconds,
        p50=outcome.p50,
        p99=outcome.p99,
        failures=outcome.failures,
        program_cpu=(after[0] - before[0] + outcome.program_cpu) / outcome.seconds,
        neo4j_cpu=(after[1] - before[1]) / outcome.seconds,
        load_cpu=outcome.load_cpu / outcome.seconds,
    )


def median(samples: Sequence[Sample]) -> Sample:
    """The median of each measure."""
    columns = {
        field.name: statistics.median(asdict(sample)[field.name] for sample in samples)
        for field in fields(Sample)
    }
    return Sample(**columns)


def ratio(
    samples: Sequence[Sample], others: Sequence[Sample], measure: str = "events", to: str = ""
) -> float:
    """The median of the ratios of a measure to that of the others (or to their `to`), by round."""
    return statistics.median(
        getattr(one, measure) / (getattr(other, to or measure) or math.nan)
        for one, other in zip(samples, others, strict=True)
    )
