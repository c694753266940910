import json
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.graph import statements
from app.ingest import properties

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


def statement_texts(mode):
    return [statement.text for statement in statements.load(mode).values()]


def values(content):
    return properties.parse(json.dumps(content).encode())[1]


def test_the_text_is_stored_byte_for_byte():
    raw = '{ "a": 1.0,"b":100000000000000000000000, "é":"\\u00e9", "a":2}'

    assert properties.parse(raw.encode())[0] == raw


@pytest.mark.parametrize("value", ["text", "", True, False, 0, -(2**63), 2**63 - 1, 1.5, -0.0])
def test_a_value_that_neo4j_can_hold_gets_a_name_of_its_own(value):
    assert values({"name": value}) == {"name": value}


@pytest.mark.parametrize("value", [[], ["a", "b"], [1, 2], [1.5], [True, False]])
def test_a_list_of_one_kind_gets_a_name_of_its_own(value):
    assert values({"name": value}) == {"name": value}


@pytest.mark.parametrize(
    "value", [None, 2**63, 2**70, [1, "a"], [1, True], [None], [[1]], [{"a": 1}], [2**63], {}]
)
def test_a_value_that_neo4j_cannot_hold_is_in_the_text_only(value):
    assert values({"name": value}) == {}


def test_a_nested_value_is_named_by_its_path():
    assert values({"utm": {"source": "x", "deep": {"er": 1}}}) == {
        "utm.source": "x",
        "utm.deep.er": 1,
    }


def test_the_shallower_of_two_values_with_one_name_wins():
    assert values({"utm": {"source": "deep"}, "utm.source": "flat"}) == {"utm.source": "flat"}


@pytest.mark.parametrize("name", sorted(properties.RESERVED_NAMES))
def test_a_reserved_name_is_in_the_text_only(name):
    assert values({name: "x"}) == {}


def test_the_names_that_the_statements_use_of_a_touchpoint_are_reserved():
    texts = [text for mode in ("read", "write") for text in statement_texts(mode)]
    names = {name for text in texts for name in re.findall(r"\btouchpoint\.(\w+)", text)}
    for projection in re.findall(r"\btouchpoint \{([^}]*)\}", "".join(texts)):
        names |= set(re.findall(r"(?<![\w)])\.(\w+)", projection))

    assert names == properties.RESERVED_NAMES


@pytest.mark.parametrize("name", ["", "a\0b", "n" * 256])
def test_a_name_that_neo4j_cannot_hold_is_in_the_text_only(name):
    assert values({name: "x"}) == {}


@pytest.mark.parametrize("name", ["a.b", "a`b", "__proto__", " ", "é", "n" * 255, "$x", "a b"])
def test_any_other_name_is_stored(name):
    assert values({name: "x"}) == {name: "x"}


@pytest.mark.parametrize("raw", [b"[]", b'"x"', b"1", b'{"a": "\xff"}', b'{"a": 1e400}', b"true"])
def test_a_value_that_is_not_an_object_is_rejected(raw):
    with pytest.raises(ValueError, match="must be an object|must be JSON in UTF-8"):
        properties.parse(raw)


def test_64_kib_are_taken():
    assert values({"a": "x" * (64 * 1024 - 9)}) != {}


def test_more_than_64_kib_are_rejected():
    with pytest.raises(ValueError, match="must be at most 64 KiB"):
        properties.parse(json.dumps({"a": "x" * (64 * 1024 - 8)}).encode())


def test_255_entries_are_taken():
    assert len(values({str(number): number for number in range(255)})) == 255


@pytest.mark.parametrize(
    "content",
    [
        {str(number): number for number in range(256)},
        {"nested": {str(number): number for number in range(255)}},
        {"listed": [{"a": 1, "b": 2} for _ in range(128)]},
    ],
    ids=["flat", "nested", "in a list"],
)
def test_more_than_255_entries_are_rejected(content):
    with pytest.raises(ValueError, match="must have at most 255 entries"):
        values(content)


def named_values(content, prefix="", depth=0):
    """Each value with a name, with its depth and in the order of the text."""
    for name, value in content.items():
        yield depth, prefix + name, value
        if isinstance(value, dict):
            yield from named_values(value, f"{prefix}{name}.", depth + 1)


def is_storable(value):
    if isinstance(value, list):
        is_flat = not any(isinstance(item, list | dict) for item in value)
        return is_flat and len({type(item) for item in value}) <= 1 and all(map(is_storable, value))
    if isinstance(value, int):
        return -(2**63) <= value < 2**63
    return isinstance(value, str | float)


NAMES = st.sampled_from(["a", "b", "a.b", "id", "event", "", "n\0"])


@given(
    st.recursive(
        JSON,
        lambda inner: st.dictionaries(NAMES, inner, max_size=5) | st.lists(inner, max_size=3),
        max_leaves=20,
    ).filter(lambda content: isinstance(content, dict))
)
def test_the_values_are_the_shallowest_storable_ones_of_each_name(content):
    expected = {}
    for _, name, value in sorted(named_values(content), key=lambda named: named[0]):
        is_name = name not in {"", *properties.RESERVED_NAMES} and "\0" not in name
        if is_name and is_storable(value):
            expected.setdefault(name, value)

    assert list(values(content).items()) == list(expected.items())


def nested(depth, opening='{"a":', closing="}"):
    return (opening * (depth - 1) + "{}" + closing * (depth - 1)).encode()


def test_a_depth_of_16_is_taken():
    assert properties.parse(nested(16))[0] == nested(16).decode()


@pytest.mark.parametrize("depth", [17, 1000, 5000])
def test_a_greater_depth_is_rejected(depth):
    with pytest.raises(ValueError, match="must be nested at most 16 levels deep"):
        properties.parse(nested(depth))


@given(
    st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), JSON, max_size=8)
)
def test_the_text_decodes_to_the_sent_value(content):
    text, _ = properties.parse(msgspec.json.encode(content))

    assert json.loads(text) == content
