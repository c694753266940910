import pytest

from app.graph import credentials
from app.graph.credentials import FileCredentials, SecretFile


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "secret"
    path.write_text("first\n")
    return path


@pytest.fixture
def file(path):
    return SecretFile(str(path))


@pytest.fixture
def of_a_password(path):
    return FileCredentials("neo4j", str(path), is_token=False)


def test_the_end_of_the_line_is_no_part_of_it(path):
    path.write_bytes(b" with spaces \r\n")

    assert credentials.read(str(path)) == " with spaces "


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe"])
def test_an_invalid_secret_is_rejected(path, content):
    path.write_bytes(content)

    with pytest.raises(ValueError, match="empty|decode"):
        credentials.read(str(path))


def test_a_change_is_not_looked_for(file, path):
    assert file.cached() == "first"

    path.write_text("second")

    assert file.cached() == "first"


def test_a_change_is_found_when_it_is_asked_for(file, path):
    file.cached()
    assert not file.reload()

    path.write_text("second")

    assert file.peek() == "second"
    assert file.cached() == "first"
    assert file.reload()
    assert file.cached() == "second"
    assert not file.reload()


def test_the_latest_is_as_old_as_the_interval_at_most(path):
    patient, eager = SecretFile(str(path), max_age=60), SecretFile(str(path), max_age=0)
    assert patient.latest() == eager.latest() == "first"

    path.write_text("second")

    assert patient.latest() == "first"
    assert eager.latest() == "second"


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_text("")])
def test_while_it_cannot_be_read_the_last_one_counts(path, spoil):
    file = SecretFile(str(path), max_age=0)
    file.cached()

    spoil(path)

    assert file.peek() is None
    assert not file.reload()
    assert file.latest() == file.cached() == "first"


def test_one_that_was_never_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        SecretFile(str(tmp_path / "nowhere")).cached()


def test_a_new_password_is_used_once_the_old_one_is_rejected(of_a_password, path):
    assert of_a_password.secret() == "first"
    assert of_a_password.read_new_password() is None
    assert not of_a_password.reload_after_refusal("first")

    path.write_text("second")

    assert of_a_password.read_new_password() == "second"
    assert of_a_password.secret() == "first"
    assert of_a_password.reload_after_refusal("first")
    assert of_a_password.secret() == "second"
    assert of_a_password.read_new_password() is None


def test_another_call_may_have_reloaded_already(of_a_password, path):
    of_a_password.secret()
    path.write_text("second")
    of_a_password.reload_after_refusal("first")

    assert of_a_password.reload_after_refusal("first")


def test_a_password_that_cannot_be_read_is_no_new_one(of_a_password, path):
    of_a_password.secret()
    path.unlink()

    assert of_a_password.read_new_password() is None


def test_a_token_is_not_looked_for_as_a_password_is(path):
    of_a_token = FileCredentials("neo4j", str(path), is_token=True)
    of_a_token.secret()
    path.write_text("second")

    assert of_a_token.read_new_password() is None
