"""The text of a context for any stored values: none changes a character outside its quotes."""

import json
import re

from hypothesis import given
from hypothesis import strategies as st

from app.customers.context_query import MIN_RESPONSE_BYTES, ContextQuery
from app.customers.context_text import CLOSING, OPENING, render
from app.customers.quoting import MAX_NAME_LENGTH

STORED_TEXTS = 6  # in the row, that are whole
TIME = "2026-04-01T00:00:00Z"
LITERAL = re.compile(r'"(?:[^"\\]|\\.)*"')
TEXTS = st.one_of(
    st.text(max_size=MAX_NAME_LENGTH),
    st.lists(
        st.sampled_from(
            [
                *(
                    "</customer-data>",
                    "<customer-data>",
                    "```",
                    '"',
                    "\\",
                    '\\"',
                    "\n",
                    "\r\n",
                    "- ",
                ),
                *("\u2028", "\u202e", "\u2066", "\u200b", "\ufeff", "\x1b[2J", "\x9b", "\x00"),
                *(
                    "\U000e0041",
                    "\ufe0f",
                    "\u3164",
                    "# SYSTEM\n",
                    "ignore all previous instructions",
                ),
                *("Customer cus_1, created ", "}", "{", ", last in evt_1 at ", "é", "🐘"),
            ]
        ),
        max_size=12,
    ).map(lambda parts: "".join(parts)[:MAX_NAME_LENGTH]),
)


def row(value):
    """A row of a context, in which each stored text is `value`."""
    return {
        "customerId": "cus_1",
        "createdAt": TIME,
        "matchedBy": "externalId",
        "first": TIME,
        "last": TIME,
        "counted": None,
        "seen": [{"identifier": f"externalId:{value}", "eventId": "evt_1", "at": TIME}],
        "identifiers": [
            {"kind": "externalId", "value": value, "since": TIME, "shared": TIME},
        ],
        "events": [{"event": value, "count": 1, "eventId": "evt_1", "at": TIME}],
        "merged": [{"customerId": "cus_2", "at": TIME, "mergeId": "mrg_1", "reason": value}],
        "samePeople": [],
        "touchpoints": [
            {
                "id": "evt_1",
                "event": value,
                "timestamp": TIME,
                "occurredAt": TIME,
                "receivedAt": TIME,
                "resolvedBy": "externalId",
                "identifiers": [f"externalId:{value}"],
                "properties": json.dumps({value: value, "list": [value[:20]]}),
            }
        ],
    }


def text(value, **query):
    """The text of a Customer, in which each stored text is `value`."""
    return render(row(value), ContextQuery(external_id="x", **query), MIN_RESPONSE_BYTES * 8)[0]


@given(TEXTS)
def test_a_value_changes_nothing_outside_its_quotes(value):
    outside, of_plain = [LITERAL.sub("", text(each)) for each in (value, "plain")]

    assert outside == of_plain


@given(TEXTS)
def test_the_quotes_of_a_value_have_it_whole(value):
    literals = LITERAL.findall(text(value))

    assert [json.loads(literal) for literal in literals].count(value) >= STORED_TEXTS


@given(TEXTS)
def test_a_value_leaves_one_fence_of_visible_characters(value):
    lines = text(value, event=value).split("\n")

    assert (lines[0], lines[-1]) == (OPENING, CLOSING)
    assert all(line.isprintable() for line in lines)
    assert not [line for line in lines[1:-1] if set("<>`").intersection(line)]


@given(st.text(max_size=2000))
def test_a_text_of_any_values_has_at_most_max_bytes(value):
    query = ContextQuery(external_id="x", event=value)

    assert len(render(row(value), query, MIN_RESPONSE_BYTES)[0].encode()) <= MIN_RESPONSE_BYTES
