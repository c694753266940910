"""httpx2 without TLS: otherwise each client reads the CA bundle of the system, which takes longer
than a call.

Its timeout fits a busy host.
"""

from functools import partial
from typing import Any

import httpx2

Client = partial(httpx2.Client, verify=False, timeout=60)
AsyncClient = partial(httpx2.AsyncClient, verify=False, timeout=60)
request = partial(httpx2.request, verify=False, timeout=60)
get = partial(request, "GET")
post = partial(request, "POST")
delete = partial(request, "DELETE")


def ok_json(response: httpx2.Response) -> Any:
    """The JSON of a response, which must be 200."""
    assert response.status_code == 200, response.text
    return response.json()
