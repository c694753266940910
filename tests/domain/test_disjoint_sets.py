from hypothesis import given
from hypothesis import strategies as st

from app.domain.disjoint_sets import DisjointSets

NAMES = "abcdefgh"


def groups(joins):
    """The groups of names that these joins make, worked out the plain way."""
    sets = [{name} for name in NAMES]
    for names in joins:
        joined = [group for group in sets if group & set(names)]
        sets = [group for group in sets if group not in joined] + [set().union(*joined)]
    return [group for group in sets if group]


@given(st.lists(st.sets(st.sampled_from(NAMES))))
def test_the_leader_of_a_name_is_the_least_of_all_that_it_is_joined_with(joins):
    sets = DisjointSets()
    for names in joins:
        sets.join(names)

    assert {name: sets.leader(name) for name in NAMES} == {
        name: min(group) for group in groups(joins) for name in group
    }
