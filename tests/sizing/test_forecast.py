"""The forecast of cores, memory and disk, from constants."""

import pytest
from msgspec.structs import replace

from app.sizing import constants
from app.sizing.constants import Constants, Cost
from app.sizing.forecast import LOG_BYTES, MIN_PAGE_CACHE_BYTES, Workload, forecast

CONSTANTS = Constants(
    date="2026-01-01",
    machine="2 cores",
    single=Cost(service=200, neo4j=100, throughput=5000),
    batch=Cost(service=50, neo4j=100, throughput=9000),
    person=1000,
    touchpoint=2000,
    index=200,
    worker=10**8,
)
# 1,000 events/s on average, 5,000 at the peak.
LOAD = Workload(events_a_day=86_400_000, people=10**6, retention=10, peak=5.0)


@pytest.fixture
def of():
    return lambda **changes: forecast(replace(LOAD, **changes), CONSTANTS)


def test_the_peak_is_a_multiple_of_the_average(of):
    assert (of().average, of().peak) == (1000, 5000)


def test_the_cores_carry_the_peak_with_a_reserve(of):
    result = of()

    assert (result.service_load, result.workers) == (pytest.approx(1.0), 2)
    assert (result.neo4j_load, result.neo4j_cores) == (pytest.approx(0.5), 1)


def test_batches_cost_the_service_less(of):
    assert of(is_batched=True).service_load == pytest.approx(0.25)


def test_the_touchpoints_are_those_of_the_retention(of):
    assert of().touchpoints == 864_000_000


def test_the_data_is_that_of_people_and_touchpoints(of):
    assert of().data == 10**6 * 1000 + 864_000_000 * 2000


def test_the_disk_has_a_reserve_and_the_logs(of):
    assert of().disk == pytest.approx(of().data * 1.3 + LOG_BYTES)


def test_the_page_cache_holds_the_indexes(of):
    assert of().page_cache == 864_000_000 * 200


def test_a_small_graph_has_the_smallest_page_cache(of):
    assert of(events_a_day=1).page_cache == MIN_PAGE_CACHE_BYTES


def test_a_small_load_needs_one_of_everything(of):
    result = of(events_a_day=1)

    assert (result.workers, result.neo4j_cores, result.databases) == (1, 1, 1)


def test_each_worker_needs_memory(of):
    assert of().service_memory == 2 * 10**8


def test_consumers_have_several_partitions(of):
    assert of().partitions == 4


def test_beyond_the_cores_of_one_database_there_are_several(of):
    ten, twenty = (of(events_a_day=n * LOAD.events_a_day, retention=1) for n in (10, 20))

    assert (ten.neo4j_cores, ten.databases) == (8, 1)
    assert (twenty.neo4j_cores, twenty.databases) == (15, 2)


def test_beyond_the_page_cache_of_one_database_there_are_several(of):
    assert (of(retention=14).databases, of(retention=15).databases) == (1, 2)


def test_the_file_has_the_constants_of_a_measurement():
    measured = constants.load()

    assert 0 < measured.batch.service < measured.single.service
    assert 0 < measured.index < measured.touchpoint
    assert measured.person > 0
    assert measured.worker > 10**7


def test_the_constants_are_written_as_they_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "FILE", tmp_path / "measured.json")

    constants.save(CONSTANTS)

    assert constants.load() == CONSTANTS
