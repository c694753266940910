"""httpx2 without TLS: else each client reads the system's authorities, which takes longer than a
call. It waits for as long as a busy machine may take.
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
