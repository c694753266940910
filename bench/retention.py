"""Retention: the throughput of the service while old Touchpoints are deleted."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial

from app.graph.connection import Database as Target
from app.graph.graph import Graph
from app.retention.pruner import COMMAND_LINE, Pruner
from bench import contender, database, program, report, workload
from bench.bodies import Bodies
from bench.contender import Contender, Sample
from bench.database import NAME, Database
from bench.fill import Fill
from bench.load import Wrk
from bench.report import Expectation
from bench.workload import BATCH

PEOPLE = 200_000
EVENTS = 300_000  # in the file
# The fill has Touchpoints from 2026-01-01 on, the workload from 2026-03-30 on.
OLDEST_KEPT = 1_772_323_200  # 2026-03-01, in seconds since 1970

Measure = Callable[[], Sample]
ShowStatus = Callable[[str], None]

ALONE = "events alone"
PRUNED = "while Touchpoints are deleted"


def run(touchpoints: int, rounds: int, seconds: float, warmup: float) -> None:
    """Measures with and without deletions in turns, and then until all old ones are deleted."""
    with (
        report.console.status("starting Neo4j") as status,
        database.directory() as directory,
        database.started(directory) as neo4j,
    ):
        key = program.api_key(neo4j)  # which creates the schema
        Fill(neo4j, status.update).grow(PEOPLE, touchpoints)
        bodies = Bodies(neo4j.home / "mixed.jsonl", workload.mixed(PEOPLE), EVENTS)
        with program.service(neo4j) as service:
            load = Wrk(service.url, 4, [f"X-API-Key: {key}"], bodies, BATCH)
            status.update("warming up Java")
            load.run(warmup)
            deletion = _Deletion(neo4j)
            measure = partial(
                contender.measure, Contender(ALONE, load, service), neo4j.pid, seconds
            )
            samples = _turns(measure, deletion, rounds, status.update)
            rest = _rest(measure, deletion, status.update)
    report.show(f"{touchpoints:,} old Touchpoints", samples)
    report.show("until all are deleted", {PRUNED: rest})
    report.check(_expectations(samples, rest, deletion, touchpoints))
    report.save(
        "retention",
        {
            "touchpoints": deletion.deleted,
            "seconds": deletion.seconds,
            "rows": report.results(samples | {"rest": rest}),
            "last": asdict(rest[-1]),
        },
    )


def _turns(
    measure: Measure, deletion: "_Deletion", rounds: int, show_status: ShowStatus
) -> dict[str, list[Sample]]:
    samples: dict[str, list[Sample]] = {ALONE: [], PRUNED: []}
    for number in range(rounds):
        show_status(f"round {number + 1} of {rounds}")
        samples[ALONE].append(measure())
        with deletion:
            samples[PRUNED].append(measure())
    return samples


def _rest(measure: Measure, deletion: "_Deletion", show_status: ShowStatus) -> list[Sample]:
    samples: list[Sample] = []
    with deletion:
        while not (samples and deletion.is_over):
            show_status(f"{deletion.deleted:,} deleted")
            samples.append(measure())
    return samples


def _expectations(
    samples: dict[str, list[Sample]], rest: list[Sample], deletion: "_Deletion", touchpoints: int
) -> Iterator[Expectation]:
    alone = contender.median(samples[ALONE]).events
    yield Expectation(
        "events/s, with / without", contender.ratio(samples[PRUNED], samples[ALONE]), 0.8
    )
    yield Expectation(
        "until all are deleted: events/s / without", contender.median(rest).events / alone, 0.8
    )
    yield Expectation("deleted / old Touchpoints", deletion.deleted / touchpoints, 1)


class _Deletion:
    """Deletes old Touchpoints in a thread while open, as a service does in the background."""

    def __init__(self, neo4j: Database) -> None:
        own = neo4j.connection
        self._target = Target(own.uri, own.username, own.password, NAME)
        self.deleted = 0
        self.seconds = 0.0

    @property
    def is_over(self) -> bool:
        """Whether none is left, or the deletion failed."""
        return self._task.done()

    def __enter__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._task = self._loop.create_task(self._prune(self.deleted))
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        self._began = time.monotonic()

    def __exit__(self, *_: object) -> None:
        self.seconds += time.monotonic() - self._began
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()
        self._loop.close()
        if not self._task.cancelled():
            self._task.result()  # raises the error of a deletion that failed

    def _run(self) -> None:
        self._loop.run_until_complete(asyncio.wait((self._task,)))

    async def _prune(self, before: int) -> None:
        def report_deleted(count: int) -> None:
            self.deleted = before + count

        graph = Graph(self._target)
        days = (int(time.time()) - OLDEST_KEPT) // 86_400
        try:
            await Pruner(graph).prune(days, COMMAND_LINE, report_deleted)
        finally:
            await graph.close()
