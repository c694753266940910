"""The copies of one block: who is merged as of a point in time. Cypher has no functions."""

import re

from app.graph import statements

BLOCK = re.compile(
    r"-\[(into:[^\]]+)\]->\(\w+(?::Customer)?\)\s+WHERE (all\(.+?\n\s*\))", re.DOTALL
)


def test_every_copy_of_the_membership_as_of_a_point_in_time_is_the_same():
    read = statements.load("read").values()
    texts = [statement.text for statement in read if "asOf" in statement.parameters]
    blocks = [block for text in texts for block in BLOCK.findall(text)]

    assert len(blocks) == sum(text.count("*0..") for text in texts) == 10
    assert len({" ".join(" ".join(block).split()) for block in blocks}) == 1
