"""Neo4j Browser: links that open it on a Customer."""

from urllib.parse import quote

_TIMELINE = """MATCH (member:Customer)-[:MERGED_INTO*0..]->(customer:Customer {{id: {id}}})
MATCH (touchpoint:Touchpoint {{customerId: member.id}})
WHERE touchpoint.occurredAt IS NOT NULL AND touchpoint.id IS NOT NULL
WITH member, customer, touchpoint
ORDER BY touchpoint.occurredAt DESC
LIMIT 100
MATCH (identifier:Identifier)-[:IDENTIFIES]->(customer)
RETURN touchpoint, member, customer, collect(identifier) AS identifiers
ORDER BY touchpoint.occurredAt DESC"""
# Short: it stands in a banner, and is for the first events of somebody.
_OWNER = """MATCH path =
  (:Identifier {{kind: 'email', value: {email}}})-->(:Customer)-->(:Touchpoint)
RETURN path
LIMIT 100"""
# Browser decodes a link as a whole before it looks for where the query ends.
_ENDS = {ord(character): f"\\u{ord(character):04x}" for character in "&#"}


def link(address: str | None, customer_id: str, server: str | None = None) -> str | None:
    """Where Neo4j Browser at `address` opens with a Customer's timeline in its editor.

    `server` is what to connect to, such as `bolt://neo4j@127.0.0.1:7687`; without it, Browser
    asks the server that it came from, and the person for a name.
    """
    if address is None:
        return None
    return _link(address, _TIMELINE.format(id=_literal(customer_id)), server)


def link_by_email(address: str, email: str, server: str | None = None) -> str:
    """The same for the Customer who owns a normalised email, and some of the Touchpoints."""
    return _link(address, _OWNER.format(email=_literal(email)), server)


def _link(address: str, query: str, server: str | None) -> str:
    connect = f"connectURL={quote(server, safe='')}&" if server else ""
    return f"{address}?{connect}cmd=edit&arg={quote(query)}"


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped.translate(_ENDS)}'"
