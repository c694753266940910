"""Links that open Neo4j Browser on the timeline of a Customer."""

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
# Short, because the start banner prints it. A new Customer has few events.
_OWNER = """MATCH path =
  (:Identifier {{kind: 'email', value: {email}}})-->(:Customer)-->(:Touchpoint)
RETURN path
LIMIT 100"""
# Neo4j Browser decodes the whole link before it searches for the end of the query.
_ENDS = {ord(character): f"\\u{ord(character):04x}" for character in "&#"}


def link(address: str | None, customer_id: str, server: str | None = None) -> str | None:
    """A link to Neo4j Browser at `address`, with the query for a Customer's timeline in its editor.

    `server` is the connect URL, such as `bolt://neo4j@127.0.0.1:7687`. Without it, Neo4j Browser
    uses the server that it came from, and prompts for the username. Returns None without an
    address.
    """
    if address is None:
        return None
    return _link(address, _TIMELINE.format(id=_literal(customer_id)), server)


def link_by_email(address: str, email: str, server: str | None = None) -> str:
    """The same for the Customer that a normalised email identifies, with up to 100 Touchpoints."""
    return _link(address, _OWNER.format(email=_literal(email)), server)


def _link(address: str, query: str, server: str | None) -> str:
    connect = f"connectURL={quote(server, safe='')}&" if server else ""
    return f"{address}?{connect}cmd=edit&arg={quote(query)}"


def _literal(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped.translate(_ENDS)}'"
