"""Bolt, as far as the proxy must understand it: where a message ends, and what kind it is."""

RUN, BEGIN, COMMIT, PULL = 0x10, 0x11, 0x12, 0x3F
SUCCESS, IGNORED, FAILURE = 0x70, 0x7E, 0x7F

OPENING = (RUN, BEGIN)  # the first message of a transaction
CLOSING = (
    COMMIT,
    PULL,
)  # the last message of a transaction; an auto-commit one ends with the PULL of its rows
SUMMARIES = (SUCCESS, IGNORED, FAILURE)  # the replies of the server

MANIFEST = b"\0\0\1\xff"
READ_MODE = b"\x84mode\x81r"


async def shake_hands(client_reader, client, server_reader, server):
    """Forwards the handshake of both sides."""
    server.write(await client_reader.readexactly(20))
    version = await server_reader.readexactly(4)
    client.write(version)
    if version == MANIFEST:
        count = await _number(server_reader)
        offers = await server_reader.readexactly(4 * count[0])
        client.write(count + offers + await _number(server_reader))
        server.write(await client_reader.readexactly(4) + await _number(client_reader))


async def read(reader):
    """The next message, in the chunks in which it came."""
    message = bytearray()
    while True:
        size = await reader.readexactly(2)
        message += size
        if size == b"\0\0":
            return bytes(message)
        message += await reader.readexactly(int.from_bytes(size))


def kind(message):
    """The tag of a message, or None for an empty one, which only keeps a connection alive."""
    return message[3] if len(message) > 3 else None


def opens_write(message):
    """Whether a transaction that may write starts with it."""
    return kind(message) in OPENING and READ_MODE not in message


async def _number(reader):
    number = await reader.readexactly(1)
    while number[-1] & 0x80:
        number += await reader.readexactly(1)
    return number
