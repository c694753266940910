"""The page of the blocked values: that it has the whole blocklist, and nothing else."""

import json
import re

import msgspec
import pytest

from app import settings
from app.domain import identifiers
from app.domain.blocklist import DEFAULT, Blocklist, blocked_warning
from tests.support.checkout import CHECKOUT
from tests.support.docs_tables import code, table

TEXT = (CHECKOUT / "docs" / "reference" / "blocked-values.md").read_text()


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ("Email", "email"),
        ("Phone", "phone"),
        ("External ID", "externalId"),
        ("External ID", "anonymousId"),
    ],
)
def test_the_page_has_each_value_of_the_default_once(head, kind):
    values = [value for row in table(TEXT, head) for value in code(row[1])]

    assert sorted(values) == sorted(DEFAULT[kind])


def test_each_template_on_the_page_is_blocked():
    _, _, section = TEXT.partition("\n## Templates\n")
    templates = re.findall(r"^- `(.+)`$", section.partition("\n## ")[0], re.MULTILINE)

    assert len(templates) == 6
    blocklist = Blocklist()
    for template in templates:
        assert identifiers.external_id(template.replace("…", "user id")) in blocklist


def test_the_example_has_the_warning_of_the_service():
    (example,) = re.findall(r"```json\n(.*?)```", TEXT, re.DOTALL)

    (warning,) = json.loads(example)["warnings"]

    assert warning == msgspec.to_builtins(blocked_warning("externalId:undefined", ""))


def test_the_settings_take_each_entry_on_the_page():
    entries = [code(row[0])[0] for row in table(TEXT, "Entry")]
    (line,) = re.findall(r"^WAYPATH_BLOCKED_KEYS = (.+)$", TEXT, re.MULTILINE)

    for setting in [*entries, line]:
        assert settings.load({"WAYPATH_BLOCKED_KEYS": setting}).blocked_keys == setting
