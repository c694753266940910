"""The alert rules: that Prometheus would load them, and that each is described."""

import re

import pytest

from tests.support.alert_rules import GROUPS, RULES

BRACKETS = {"(": ")", "{": "}", "[": "]"}
# The functions and operators of PromQL that the rules use.
WORDS = {"absent", "by", "histogram_quantile", "increase", "on", "or", "rate", "sum", "up"}


def names(rule):
    return rule["alert"]


def test_the_file_has_groups_of_rules_and_nothing_else():
    assert GROUPS.keys() == {"groups"}
    assert [group.keys() for group in GROUPS["groups"]] == [{"name", "rules"}]
    assert len({rule["alert"] for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=names)
def test_a_rule_has_the_form_of_prometheus(rule):
    assert rule.keys() == {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"Waypath([A-Z][a-z]+)+", rule["alert"])
    assert re.fullmatch(r"\d+[smh]", rule["for"])
    assert rule["labels"]["severity"] in ("critical", "warning", "info")
    assert all(isinstance(text, str) and text for text in rule["annotations"].values())


@pytest.mark.parametrize("rule", RULES, ids=names)
def test_an_expression_is_closed_and_uses_functions_that_there_are(rule):
    without_texts = re.sub(r'"[^"]*"', '""', rule["expr"])
    opened = []
    for character in without_texts:
        if character in BRACKETS:
            opened.append(BRACKETS[character])
        elif character in BRACKETS.values():
            assert opened
            assert opened.pop() == character

    assert opened == []
    without_labels = re.sub(r"\{[^}]*\}|\[\d+m\]|(?:by|on) \([^)]*\)", "", without_texts)
    words = set(re.findall(r"[a-z]\w*", without_labels))
    assert {word for word in words if not word.startswith("waypath_")} <= WORDS


@pytest.mark.parametrize("rule", RULES, ids=names)
def test_an_annotation_uses_only_labels_that_the_expression_keeps(rule):
    used = re.findall(r"\$labels\.(\w+)", " ".join(rule["annotations"].values()))
    kept = " ".join(re.findall(r"by \(([^)]*)\)", rule["expr"]))

    # A plain comparison keeps every label.
    assert [label for label in used if kept and label not in kept] == []
    assert {"summary", "description"} == rule["annotations"].keys()
