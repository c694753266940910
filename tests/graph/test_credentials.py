import pytest

from app.graph import credentials
from app.graph.credentials import SecretFile


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "secret"
    path.write_text("first\n")
    return path


@pytest.fixture
def file(path):
    return SecretFile(str(path))


def test_the_end_of_the_line_is_no_part_of_it(path):
    path.write_bytes(b" with spaces \r\n")

    assert credentials.read(str(path)) == " with spaces "


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe"])
def test_what_cannot_be_a_secret_is_refused(path, content):
    path.write_bytes(content)

    with pytest.raises(ValueError, match="empty|decode"):
        credentials.read(str(path))


def test_a_change_is_not_looked_for(file, path):
    assert file.text() == "first"

    path.write_text("second")

    assert file.text() == "first"


def test_a_change_is_found_when_it_is_asked_for(file, path):
    file.text()
    assert not file.renew()

    path.write_text("second")

    assert file.is_replaced()
    assert file.text() == "first"
    assert file.renew()
    assert not file.is_replaced()
    assert file.text() == "second"
    assert not file.renew()


def test_the_latest_is_as_old_as_the_interval_at_most(file, path, monkeypatch):
    monkeypatch.setattr(credentials, "INTERVAL", 60.0)
    assert file.latest() == "first"
    path.write_text("second")
    assert file.latest() == "first"

    monkeypatch.setattr(credentials, "INTERVAL", 0.0)

    assert file.latest() == "second"


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_text("")])
def test_while_it_cannot_be_read_the_last_one_counts(file, path, spoil, monkeypatch):
    monkeypatch.setattr(credentials, "INTERVAL", 0.0)
    file.text()

    spoil(path)

    assert not file.is_replaced()
    assert not file.renew()
    assert file.latest() == file.text() == "first"


def test_one_that_was_never_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        SecretFile(str(tmp_path / "nowhere")).text()
