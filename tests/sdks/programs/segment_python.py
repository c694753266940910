"""Sends calls with Segment's SDK for Python, of any version."""

import os

# Of the SDK and of this directory, which the test puts on the path.
from segment import analytics  # type: ignore
from until_told import USER, steps  # type: ignore

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
