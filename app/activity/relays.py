"""The relays of a process, and its ID in the stream."""

import secrets

from app.activity import peer_directory
from app.activity.peer_sockets import PeerSockets
from app.activity.redis_relay import RedisRelay
from app.activity.ring import Ring
from app.activity.stream import ActivityStream, Relay


def connect(data_dir: str, database: str, redis_url: str | None) -> ActivityStream:
    """Returns the stream of a process, with the relays to its peers once it runs.

    Processes of one host are peers if they have the data directory and the `database` in common.
    Those of other hosts are if they have the Redis and the `database` in common.
    """
    sockets = PeerSockets(peer_directory.locate(data_dir, database))
    relays: list[Relay] = [sockets]
    if redis_url:
        scope = peer_directory.digest(database)
        relays.append(RedisRelay(redis_url, scope, lambda: sockets.sources))
    return ActivityStream(Ring(secrets.token_hex(4)), relays)
