"""The development key: one API key with every scope, after an upgrade too."""

import pytest

from app.access import api_keys, development_key

pytestmark = pytest.mark.anyio

SCOPES = "MATCH (k:ApiKey {hash: $hash}) RETURN k.scopes AS scopes"


def scopes(cypher, key):
    (row,) = cypher(SCOPES, hash=api_keys.digest(key))
    return set(row["scopes"])


async def test_it_has_every_scope(database, cypher, tmp_path):
    key = await development_key.ensure(tmp_path / "key", database)

    assert scopes(cypher, key) == set(api_keys.SCOPES)


async def test_one_of_an_earlier_version_gets_the_new_scopes(database, cypher, tmp_path):
    file = tmp_path / "key"
    key = await development_key.ensure(file, database)
    cypher(
        "MATCH (k:ApiKey {hash: $hash}) SET k.scopes = ['events:write']",
        hash=api_keys.digest(key),
    )

    assert await development_key.ensure(file, database) == key
    assert scopes(cypher, key) == set(api_keys.SCOPES)


async def test_a_revoked_one_is_replaced(database, cypher, tmp_path):
    file = tmp_path / "key"
    key = await development_key.ensure(file, database)
    cypher("MATCH (k:ApiKey {hash: $hash}) SET k.revokedAt = datetime()", hash=api_keys.digest(key))

    assert await development_key.ensure(file, database) != key
