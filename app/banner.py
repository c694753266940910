"""The banner that the service prints at its start: its address, and how to send an event."""

import shlex
from pathlib import Path

from msgspec import Struct

from app.graph import browser_links
from app.graph.embedded.connection import Connection
from app.http import first_event


class Credentials(Struct, frozen=True):
    """The credentials of a service on its embedded Neo4j, and the files that they are in."""

    api_key: str
    api_key_file: Path
    neo4j: Connection
    neo4j_password_file: Path


def embedded(address: str, credentials: Credentials, *, is_terminal: bool) -> str:
    """The banner of a service on its embedded Neo4j: a curl, and a link to its event.

    It has the API key and the password only for a terminal: a service manager stores other output.
    """
    neo4j = credentials.neo4j
    api_key, password = credentials.api_key, neo4j.password
    key_of_curl = api_key
    if not is_terminal:
        api_key = f"in {credentials.api_key_file}"
        password = f"in {credentials.neo4j_password_file}"
        key_of_curl = f"$(cat {shlex.quote(str(credentials.api_key_file))})"
    return f"""
Waypath Events is ready at {address}, with an embedded Neo4j. Press Ctrl-C to stop both.

API key (development)   {api_key}
Timelines               {address}/
Neo4j Browser           {neo4j.browser}
  Connect URL           {neo4j.uri}
  Username, password    {neo4j.username}   {password}

Send an event:

{first_event.curl(address, key_of_curl)}

Open its customer in Neo4j Browser (log in, then run the query):

{browser_links.link_by_email(neo4j.browser, first_event.EMAIL, neo4j.server)}
"""


def given(address: str, uri: str) -> str:
    """The banner of a service on the Neo4j at NEO4J_URI, which may be unavailable.

    It has no credentials.
    """
    return f"""
Waypath Events listens at {address}. Press Ctrl-C to stop.

Neo4j                   {uri}
Readiness probe         {address}/readyz
Create an API key       waypath keys create --name NAME --scope events:write
"""
