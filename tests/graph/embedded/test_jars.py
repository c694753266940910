import hashlib
import re
import threading
from pathlib import Path

import pytest

from app.graph.embedded import jars
from app.graph.embedded.jars import JarsError

SMALL = {"one": b"the first jar", "two": b"the second jar"}


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


@pytest.fixture
def lock(tmp_path):
    entries = [
        f'[[dependencies]]\ngroupId = "org.example"\nartifactId = "{name}"\nversion = "1.0"\n'
        f'packaging = "jar"\nsha256 = "{hashlib.sha256(content).hexdigest()}"\n'
        for name, content in SMALL.items()
    ]
    path = tmp_path / "jgo.lock.toml"
    path.write_text("\n".join(entries))
    return path


class Repository:
    """Serves `jars`, and remembers what it was asked for."""

    def __init__(self, contents):
        self.contents = contents
        self.requested = []

    def __call__(self, coordinates, directory):
        for name in coordinates:
            self.requested.append(name)
            group, artifact, _packaging, version = name.split(":")
            folder = directory / group.replace(".", "/") / artifact / version
            path = folder / f"{artifact}-{version}.jar"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.contents[artifact])
            yield name, path


def test_all_jars_are_fetched_once_and_stand_on_the_class_path_in_the_order_of_the_lock(
    lock, cache
):
    repository = Repository(SMALL)

    first = jars.class_path(lock, cache, repository)
    second = jars.class_path(lock, cache, repository)

    assert [path.read_bytes() for path in first] == list(SMALL.values())
    assert second == first
    assert repository.requested == ["org.example:one:jar:1.0", "org.example:two:jar:1.0"]


def test_a_tampered_jar_in_the_cache_is_fetched_again(lock, cache):
    tampered, untouched = jars.class_path(lock, cache, Repository(SMALL))
    tampered.write_bytes(b"something else")
    repository = Repository(SMALL)

    assert jars.class_path(lock, cache, repository) == [tampered, untouched]
    assert tampered.read_bytes() == SMALL["one"]
    assert repository.requested == ["org.example:one:jar:1.0"]


def test_a_jar_with_another_content_is_rejected_by_name_and_not_stored(lock, cache):
    evil = Repository({**SMALL, "two": b"something else"})

    with pytest.raises(JarsError, match="org.example:two:jar:1.0 as downloaded has the SHA-256"):
        jars.class_path(lock, cache, evil)

    assert "two-1.0.jar" not in {path.name for path in _kept(cache)}


def test_a_fetch_that_was_cut_off_is_finished_by_the_next_one(lock, cache):
    def cut_off(coordinates, directory):
        yield from Repository(SMALL)(coordinates[:1], directory)
        (directory / "half.jar").write_bytes(b"the sec")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        jars.class_path(lock, cache, cut_off)
    repository = Repository(SMALL)

    jars.class_path(lock, cache, repository)

    assert repository.requested == ["org.example:two:jar:1.0"]
    assert {path.name for path in _kept(cache)} == {"one-1.0.jar", "two-1.0.jar"}
    assert not (cache / ".incoming").exists()


def test_of_two_that_fetch_at_once_one_waits_and_finds_all_jars_there(lock, cache):
    begun, go_on = threading.Event(), threading.Event()

    def slow(coordinates, directory):
        begun.set()
        go_on.wait(10)
        yield from Repository(SMALL)(coordinates, directory)

    first = threading.Thread(target=jars.class_path, args=(lock, cache, slow))
    first.start()
    begun.wait(10)
    waiting = Repository(SMALL)
    second = threading.Thread(target=jars.class_path, args=(lock, cache, waiting))
    second.start()
    go_on.set()
    first.join(10)
    second.join(10)

    assert not waiting.requested
    assert len(_kept(cache)) == 2


def test_a_failing_download_is_reported_in_one_sentence(lock, cache):
    def offline(coordinates, directory):
        raise OSError("no connection")
        yield

    with pytest.raises(JarsError, match=r"Neo4j's jars cannot be downloaded to .*: no connection"):
        jars.class_path(lock, cache, offline)


def test_a_lock_without_a_sha256_is_rejected(tmp_path, cache):
    lock = tmp_path / "jgo.lock.toml"
    lock.write_text(
        '[[dependencies]]\ngroupId = "a"\nartifactId = "b"\nversion = "1"\npackaging = "jar"\n'
    )

    with pytest.raises(JarsError, match="sha256"):
        jars.class_path(lock, cache, Repository({}))


def test_the_lock_of_this_service_pins_every_jar_with_a_sha256():
    locked = jars.load_lock_file(jars.LOCK_FILE)

    assert all(re.fullmatch("[0-9a-f]{64}", jar.sha256) for jar in locked)
    assert {"org.neo4j:neo4j:jar:2026.08.1", "org.neo4j.app:neo4j-server:jar:2026.08.1"} <= {
        jar.coordinates for jar in locked
    }


def test_the_lock_of_this_service_names_each_path_once():
    paths = [jar.path for jar in jars.load_lock_file(jars.LOCK_FILE)]

    assert len(set(paths)) == len(paths)


def test_the_lock_of_this_service_names_no_address():
    text = jars.LOCK_FILE.read_text()

    assert "://" not in text
    assert not re.search(r"\b(www|repo\d?|maven)\.[a-z0-9-]+\.(org|com|net|io)\b", text)


def test_jars_are_stored_in_the_cache_of_the_user(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert jars.user_cache() == Path("/somewhere/waypath-events/jars")


def _kept(cache):
    return [path for path in cache.rglob("*.jar") if ".incoming" not in path.parts]
