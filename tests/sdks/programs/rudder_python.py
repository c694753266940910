"""Sends calls with RudderStack's SDK for Python."""

import os

# Of the SDK and of this directory, which the test puts on the path.
from rudderstack import analytics as rudder_analytics  # type: ignore
from until_told import USER, steps  # type: ignore

rudder_analytics.write_key = os.environ["WRITE_KEY"]
rudder_analytics.dataPlaneUrl = os.environ["WAYPATH_URL"]

rudder_analytics.identify(USER, {"email": f"{USER}@acme.example"})
for number in steps():
    rudder_analytics.track(USER, "Stepped", {"number": number})
rudder_analytics.page(USER, "Docs", "Pricing", {"url": "/pricing"})
rudder_analytics.screen(USER, "Docs", "Pricing")
rudder_analytics.group(USER, "acme", {"email": "info@acme.example"})
rudder_analytics.alias(f"visitor-{USER}", USER)
rudder_analytics.flush()
