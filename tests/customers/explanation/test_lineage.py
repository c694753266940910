"""The surviving Customers at a point in time."""

import pytest

from app.customers.explanation.lineage import Lineage, LineageLink


def merged(customer, into, begin, end=None):
    return LineageLink(
        is_split=False,
        id=f"mrg_{begin}",
        from_=customer,
        into=into,
        begin=(begin, 0),
        end=(end, 0) if end else None,
        at=f"at {begin}",
        undone_at=f"at {end}" if end else None,
    )


def split(part, whole, at):
    return LineageLink(
        is_split=True,
        id=f"spl_{at}",
        from_=part,
        into=whole,
        begin=None,
        end=(at, 0),
        at=f"at {at}",
    )


@pytest.mark.parametrize(("moment", "root"), [(1, "a"), (2, "b"), (3, "b"), (4, "a"), (5, "a")])
def test_a_merge_holds_from_its_time_until_its_undo(moment, root):
    assert Lineage([merged("a", "b", 2, 4)]).survivor("a", (moment, 0)) == root


@pytest.mark.parametrize(("moment", "root"), [(1, "whole"), (2, "part")])
def test_a_part_belongs_to_its_whole_until_the_split(moment, root):
    assert Lineage([split("part", "whole", 2)]).survivor("part", (moment, 0)) == root


def test_a_chain_leads_to_its_end():
    lineage = Lineage([merged("a", "b", 2), merged("b", "c", 3)])

    assert [lineage.survivor("a", (moment, 0)) for moment in (1, 2, 3)] == ["a", "b", "c"]


def test_a_circle_that_clocks_have_made_has_an_end():
    lineage = Lineage([merged("a", "b", 2), merged("b", "a", 2)])

    assert lineage.survivor("a", (3, 0)) in {"a", "b"}


def test_the_whole_of_a_part_is_not_the_surviving_customer_of_the_whole():
    lineage = Lineage([split("part", "whole", 5), merged("whole", "other", 2)])

    assert lineage.unsplit("part", (3, 0)) == "whole"
    assert lineage.survivor("part", (3, 0)) == "other"


def test_the_undoing_of_the_middle_of_a_chain_is_a_change():
    lineage = Lineage([merged("a", "b", 2, 4), merged("b", "c", 3)])

    changes = lineage.changes(["a"], (1, 0), (9, 0))

    assert [(change.kind, change.at) for change in changes] == [
        ("merged", "at 2"),
        ("merged", "at 3"),
        ("undone", "at 4"),
    ]


def test_a_change_of_a_former_owner_is_no_change():
    lineage = Lineage([merged("a", "b", 2, 3), merged("b", "c", 4)])

    assert len(lineage.changes(["a"], (1, 0), (9, 0))) == 2


def test_changes_end_with_the_requested_time():
    lineage = Lineage([merged("a", "b", 2, 3)])

    assert [change.kind for change in lineage.changes(["a"], (1, 0), (2, 0))] == ["merged"]


def test_parts_split_off_at_the_same_time_are_a_change_each():
    lineage = Lineage([split("one", "whole", 2), split("other", "whole", 2)])

    changes = lineage.changes(["one", "other"], (1, 0), (9, 0))

    assert [change.from_ for change in changes] == ["one", "other"]
