"""Sends calls with Segment's SDK for Python, of any version."""

import os

from segment import analytics
from until_told import USER, steps

analytics.write_key = os.environ["WRITE_KEY"]
analytics.host = os.environ["WAYPATH_URL"]
analytics.gzip = bool(os.environ.get("GZIP"))

analytics.identify(USER, {"email": f"{USER}@acme.example"})
for number in steps():
    analytics.track(USER, "Stepped", {"number": number})
analytics.page(USER, "Docs", "Pricing", {"url": "/pricing"})
analytics.screen(USER, "Docs", "Pricing")
analytics.group(USER, "acme", {"email": "info@acme.example"})
analytics.alias(f"visitor-{USER}", USER)
analytics.flush()
