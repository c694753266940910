"""The messages: their types and IDs."""

import re

import msgspec
import pytest

from app.domain import ids
from app.identity.audit_entry import AuditEntry
from app.webhooks import messages

SCHEMA = msgspec.json.schema(AuditEntry)
KINDS = SCHEMA["$defs"]["AuditEntry"]["properties"]["kind"]["enum"]


def entry(kind, id_="mrg_1"):
    return AuditEntry(id_, kind, "2026-05-11T09:00:00Z", "key_1", [])


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_entry_has_a_type_in_the_form_of_the_standard(kind):
    assert re.fullmatch(r"[a-z_]+\.[a-z_]+", messages.entry_type(entry(kind)))


def test_no_two_kinds_have_one_type():
    assert len({messages.entry_type(entry(kind)) for kind in KINDS}) == len(KINDS)


@pytest.mark.parametrize(
    ("new_id", "type_"),
    [
        (ids.new_merge_id, "customer.merge_undone"),
        (ids.new_dismissal_id, "conflict.dismissal_undone"),
        (ids.new_identifier_move_id, "identifier.move_undone"),
    ],
)
def test_an_undo_has_the_type_of_what_it_undoes(new_id, type_):
    assert messages.entry_type(entry("undo", new_id())) == type_


def test_types_in_a_text_are_separated_by_commas():
    types = messages.parse_types("customer.merged, customer.erased,customer.merged")

    assert types == {"customer.merged", "customer.erased"}


def test_without_a_text_all_types_are_meant():
    kinds = [kind for kind in KINDS if kind != "undo"]

    assert messages.parse_types(None) > {messages.entry_type(entry(kind)) for kind in kinds}


def test_a_merge_and_its_undo_have_ids_of_their_own_without_a_full_stop():
    ids = [messages.entry_message(entry(kind)).id for kind in ("merge", "undo")]

    assert ids == ["mrg_1-merge", "mrg_1-undo"]


def test_two_test_messages_have_ids_of_their_own():
    assert messages.test_message().id != messages.test_message().id
