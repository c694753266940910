"""The parameters of statements."""

from app.graph.parameters import Rows


def test_the_text_of_rows_is_their_number():
    assert repr(Rows([{"email": "jane@acme.com"}] * 2)) == "<2 rows>"
