"""The evaluated tasks: each transcript, replayed on a real service and its graph."""

import time

import pytest

from tests.support.evals import transcripts


def name(file):
    return f"{file.parent.name}/{file.stem}"


@pytest.mark.parametrize("file", transcripts.files(), ids=name)
def test_the_task_has_the_recorded_results(file, replay, record_property):
    transcript = transcripts.read(file.read_text())
    record_property("task", transcript.task)
    record_property("calls", sum(step.repeat for step in transcript.steps))
    started = time.perf_counter()

    replay(transcript)

    record_property("seconds", time.perf_counter() - started)
