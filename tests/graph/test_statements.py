import pytest

from app.graph import statements


@pytest.mark.parametrize("access", ["schema", "write", "read", "check"])
def test_every_statement_declares_the_parameters_that_it_uses(access):
    assert statements.load(access)


def test_a_statement_has_the_name_of_its_file():
    assert statements.load("write")["ingest"].parameters == {"batch", "limits"}


def test_a_header_is_no_part_of_the_text():
    assert "//" not in statements.load("write")["ingest"].text


@pytest.mark.parametrize(
    "source",
    ["RETURN $used", "// $declared  a parameter\nRETURN 1", "// $a  one\nRETURN $b"],
)
def test_undeclared_and_unused_parameters_fail_at_load(tmp_path, monkeypatch, source):
    (tmp_path / "broken.cypher").write_text(source)
    monkeypatch.setattr(statements, "folder", lambda access: tmp_path)

    with pytest.raises(ValueError, match="broken"):
        statements.load("read")


@pytest.mark.parametrize("access", ["schema", "write", "read", "check"])
def test_a_file_holds_one_statement_with_a_header_and_no_semicolon(access):
    for file in statements.folder(access).glob("*.cypher"):
        assert file.read_text().startswith("// ")
        assert ";" not in statements.load(access)[file.stem].text
