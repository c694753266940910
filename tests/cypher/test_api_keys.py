import pytest

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("schema")]


async def create(graph, unique, **fields):
    key = {"id": f"key_{unique}", "name": "n", "hash": unique, "scopes": ["events:write"]} | fields
    return await graph.write("api_key_create", **{"origins": None} | key)


async def test_create_api_key_records_the_given_values(graph, cypher, unique):
    await create(graph, unique)

    (row,) = cypher(
        "MATCH (k:ApiKey {hash: $unique}) RETURN k {.id, .name, .scopes}", unique=unique
    )
    assert row["k"] == {"id": f"key_{unique}", "name": "n", "scopes": ["events:write"]}


async def test_create_api_key_repeated_changes_nothing(graph, unique):
    await create(graph, unique)

    again = await create(graph, unique, id="key_other", scopes=[])

    assert again == [{"id": f"key_{unique}", "revoked": False}]


async def test_api_keys_finds_those_that_exist(graph, unique):
    await create(graph, unique)

    rows = await graph.read("api_keys_by_hash", hashes=[unique, "nobody's"])

    assert rows == [
        {
            "id": f"key_{unique}",
            "name": "n",
            "producer": f"key_{unique}",
            "hash": unique,
            "scopes": ["events:write"],
            "origins": None,
            "expiresAt": None,
            "revoked": False,
        }
    ]


async def test_revoke_api_key_revokes_it(graph, unique):
    await create(graph, unique)

    await graph.write("api_key_revoke", id=f"key_{unique}")

    assert (await graph.read("api_keys_by_hash", hashes=[unique]))[0]["revoked"]


async def test_revoke_api_key_repeated_keeps_the_first_time(graph, cypher, unique):
    await create(graph, unique)
    times = []
    for _ in range(2):
        await graph.write("api_key_revoke", id=f"key_{unique}")
        times += cypher("MATCH (k:ApiKey {hash: $unique}) RETURN k.revokedAt", unique=unique)

    assert times[0] == times[1]


async def test_revoke_api_key_finds_no_unknown_key(graph, unique):
    assert await graph.write("api_key_revoke", id=unique) == []


async def test_all_api_keys_lists_them_the_oldest_first(graph, unique):
    for number in (1, 2):
        await create(graph, f"{unique}{number}")

    ids = [row["id"] for row in await graph.read("api_keys_all")]

    assert ids.index(f"key_{unique}1") < ids.index(f"key_{unique}2")
