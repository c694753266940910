"""The policy scanner's findings: each has a reason, and each reason has a finding."""

import yaml

from supply import chart_policy

EXPLAINED = {("CKV_K8S_1", "Deployment/a")}


def test_every_exception_has_a_reason():
    listed = yaml.safe_load(chart_policy.EXCEPTIONS.read_text())

    assert [entry["check"] for entry in listed if len(entry["reason"].split()) < 5] == []


def test_a_finding_without_an_exception_is_a_problem():
    findings = {("CKV_K8S_1", "Deployment/a"): "One", ("CKV_K8S_1", "Deployment/b"): "One"}

    assert chart_policy.unexplained(findings, EXPLAINED) == ["CKV_K8S_1 Deployment/b: One"]


def test_an_exception_without_a_finding_is_a_problem():
    assert chart_policy.unused([], EXPLAINED) == [
        "CKV_K8S_1 Deployment/a: the exception has no finding: remove it"
    ]
