"""The directory of the sockets is private to its user."""

import os

import pytest

from app.activity import peer_directory


def test_it_is_created_for_its_user_alone(tmp_path):
    directory = tmp_path / "sockets"
    peer_directory.prepare(directory)

    assert directory.stat().st_mode & 0o777 == 0o700


def test_one_that_others_may_enter_is_not_used(tmp_path):
    directory = tmp_path / "sockets"
    directory.mkdir()
    directory.chmod(0o755)

    with pytest.raises(PermissionError):
        peer_directory.prepare(directory)


def test_a_link_to_another_directory_is_not_used(tmp_path):
    (tmp_path / "other").mkdir(mode=0o700)
    (tmp_path / "sockets").symlink_to(tmp_path / "other")

    with pytest.raises(PermissionError):
        peer_directory.prepare(tmp_path / "sockets")


def test_each_set_of_names_has_its_own_directory():
    assert peer_directory.locate("a", "bc") != peer_directory.locate("ab", "c")
    assert str(os.geteuid()) in peer_directory.locate("a").name
