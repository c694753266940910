"""The file of bodies that the loads of the benchmark send in turn."""

import pytest

from bench.bodies import MAX_PASSES, Bodies


@pytest.fixture
def bodies(tmp_path):
    contents = [{"email": f"new####@{number}"} for number in range(5)]
    return Bodies(tmp_path / "bodies.jsonl", contents, 3)


def test_each_body_is_taken_in_turn(bodies):
    assert [body.rpartition(b"@")[2] for body in bodies.take(4)] == [b'0"}', b'1"}', b'2"}', b'0"}']


def test_new_people_are_new_in_each_pass_and_in_each_file(bodies, tmp_path):
    other = Bodies(tmp_path / "other.jsonl", [{"email": "new####@0"}], 1)
    taken = [*bodies.take(9), *other.take(9)]

    assert len(set(taken)) == len(taken)
    assert not any(b"####" in body for body in taken)


def test_a_load_continues_after_the_bodies_of_another(bodies):
    bodies.advance(2)
    first = bodies.position
    bodies.advance(2)

    assert bodies.file.read_bytes()[first.byte :].startswith(b'{"email":"new####@2"}')
    assert bodies.position.tag == first.tag + 1


def test_more_passes_than_have_new_people_are_an_error(bodies):
    with pytest.raises(RuntimeError, match="not new"):
        bodies.advance(3 * MAX_PASSES)
