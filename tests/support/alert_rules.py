"""The alert rules for Prometheus that the docs offer."""

import yaml

from tests.support.checkout import CHECKOUT

GROUPS = yaml.safe_load((CHECKOUT / "docs" / "grafana" / "alerts.yml").read_text())
RULES = [rule for group in GROUPS["groups"] for rule in group["rules"]]
