"""The tools of data stewards: for API keys with their scope, if a setting offers them."""

import pytest
from mcp.shared.exceptions import MCPError

from app.access import api_keys
from app.mcp.steward_tools import ERASURE, IDENTITY, TOOLSETS
from app.mcp.tools import TOOLS
from app.settings import Settings
from tests.support import http_client
from tests.support.mcp_client import over_http, over_stdio
from tests.support.server import serving, wait_until_ready

pytestmark = pytest.mark.anyio

NAMES = {toolset: [tool.name for tool in tools] for toolset, tools in TOOLSETS.items()}
REASON = "confirmed by phone"


@pytest.fixture(scope="module")
def steward_address(database, address):
    """Where a service is that offers all toolsets."""
    with serving(database, Settings(mcp_toolset_names="identity, erasure")) as own_address:
        wait_until_ready(own_address)
        yield own_address


@pytest.fixture(scope="module")
def agent_key(make_key):
    """An API key without the scopes of data stewards."""
    return make_key(api_keys.EVENTS_WRITE, api_keys.CONTEXT_READ)


@pytest.fixture(scope="module")
def steward_keys(make_key):
    """An API key for each toolset, with its scope alone."""
    return {
        IDENTITY: make_key(api_keys.IDENTITY_WRITE),
        ERASURE: make_key(api_keys.CUSTOMERS_DELETE),
    }


@pytest.fixture
def call(steward_address, key):
    """Calls a tool of the service with all toolsets, and returns its result."""

    async def run(tool, arguments, key=key):
        async with over_http(steward_address, {"X-API-Key": key}) as client:
            return await client.call_tool(tool, arguments)

    return run


async def names(address, key):
    async with over_http(address, {"X-API-Key": key}) as client:
        return [tool.name for tool in (await client.list_tools()).tools]


async def test_a_service_without_toolsets_offers_none_of_them(address, key):
    assert await names(address, key) == list(TOOLS)


async def test_a_tool_without_its_toolset_is_unknown(address, key):
    async with over_http(address, {"X-API-Key": key}) as client:
        with pytest.raises(MCPError, match="Unknown tool erase_customer"):
            await client.call_tool("erase_customer", {})


@pytest.mark.parametrize("toolset", TOOLSETS)
async def test_an_api_key_with_the_scope_lists_the_toolset(steward_address, steward_keys, toolset):
    assert await names(steward_address, steward_keys[toolset]) == [*TOOLS, *NAMES[toolset]]


async def test_an_api_key_without_a_scope_lists_no_toolset(steward_address, agent_key):
    assert await names(steward_address, agent_key) == list(TOOLS)


@pytest.mark.parametrize("tool", [*NAMES[IDENTITY], *NAMES[ERASURE]])
async def test_a_call_without_the_scope_is_an_error(call, agent_key, tool):
    result = await call(tool, {}, agent_key)

    assert (result.is_error, result.structured_content["error"]["code"]) == (
        *(True, "forbidden_scope"),
    )


async def test_only_previews_are_read_only_and_the_others_are_destructive(steward_address, key):
    async with over_http(steward_address, {"X-API-Key": key}) as client:
        tools = (await client.list_tools()).tools

    hints = {
        tool.name: (tool.annotations.read_only_hint, tool.annotations.destructive_hint)
        for tool in tools
        if tool.annotations and tool.name not in TOOLS
    }
    assert hints == {
        name: (True, False) if name.startswith("preview_") else (False, True) for name in hints
    }


async def test_a_repeat_of_an_undo_of_a_move_or_of_an_erasure_changes_nothing_more(
    steward_address, key
):
    async with over_http(steward_address, {"X-API-Key": key}) as client:
        tools = (await client.list_tools()).tools

    hints = {tool.name: tool.annotations for tool in tools if tool.name not in TOOLS}
    assert [
        name
        for name, hint in hints.items()
        if hint and hint.destructive_hint and hint.idempotent_hint
    ] == ["undo_move", "erase_customer"]


async def test_the_toolset_is_offered_over_stdio(environment, steward_keys):
    environment = environment | {"WAYPATH_MCP_TOOLSETS": "identity"}
    async with over_stdio(environment, steward_keys[IDENTITY]) as client:
        listed = [tool.name for tool in (await client.list_tools()).tools]

    assert listed == [*TOOLS, *NAMES[IDENTITY]]


@pytest.fixture
def two(ingest, unique, phone):
    """Two Customers with an identity conflict."""
    customers = [ingest(email=f"{unique}@acme.com"), ingest(phone=phone)]
    ingest(email=f"{unique}@acme.com", phone=phone)
    return [customer["customerId"] for customer in customers]


async def test_a_preview_of_a_merge_is_that_of_the_route(call, steward_address, key, two):
    into, merged = two

    previewed = (await call("preview_merge", {"customer": into, "from": merged})).structured_content

    route = f"{steward_address}/v1/customers/{into}/merge-preview"
    response = http_client.post(route, json={"from": merged}, headers={"X-API-Key": key})
    assert previewed == response.json()


async def test_a_merge_is_undone(call, two):
    into, merged = two

    merge = await call("merge_customers", {"customer": into, "from": merged, "reason": REASON})
    during = await call("get_context", {"customer": merged})
    merge_id = merge.structured_content["mergeId"]
    await call("undo_merge", {"mergeId": merge_id, "reason": "two people"})
    after = await call("get_context", {"customer": merged})

    assert [each.structured_content["customerId"] for each in (during, after)] == [into, merged]


async def test_the_audit_log_has_the_reason_and_the_api_key(call, cypher, two):
    into, merged = two

    merge = await call("merge_customers", {"customer": into, "from": merged, "reason": REASON})

    ((reason, by),) = cypher(
        "MATCH (:Customer {id: $id})-[m:MERGED_INTO]->() RETURN m.reason, m.by", id=merged
    )
    assert (reason, by) == (REASON, merge.structured_content["by"])


async def test_a_repeated_merge_is_a_conflict(call, two):
    arguments = {"customer": two[0], "from": two[1], "reason": REASON}
    await call("merge_customers", arguments)

    again = await call("merge_customers", arguments)

    assert again.structured_content["error"]["code"] == "merge_conflict"


async def test_a_split_is_previewed_made_and_undone(call, ingest, unique, phone):
    email, other = f"{unique}@acme.com", f"{unique}@home.example"
    customer = ingest(email=email, phone=phone)["customerId"]
    ingest(phone=phone, externalId=unique)
    shared = {"customer": customer, "shared": [f"phone:{phone}"]}

    preview = (await call("preview_split", shared)).structured_content
    split = (await call("split_customer", shared | {"reason": REASON})).structured_content
    undo = {"splitId": split["parts"][0]["splitId"], "reason": other}
    merge = (await call("undo_split", undo)).structured_content

    assert [part["identifiers"] for part in preview["parts"]] == [[f"externalId:{unique}"]]
    assert (merge["customerId"], merge["from"]) == (customer, split["parts"][0]["customerId"])


@pytest.fixture
def two_people(ingest, unique, phone):
    """Two Customers without a conflict, and the phone of the first."""
    customers = [
        ingest(email=f"{unique}@acme.com", phone=phone),
        ingest(email=f"{unique}@home.example"),
    ]
    return [customer["customerId"] for customer in customers], phone


async def test_a_preview_of_a_move_is_that_of_the_route(call, steward_address, key, two_people):
    (ann, bob), phone = two_people
    body = {"phone": phone, "to": bob}

    previewed = (await call("preview_move", body | {"customer": ann})).structured_content

    route = f"{steward_address}/v1/customers/{ann}/identifiers/move-preview"
    assert previewed == http_client.post(route, json=body, headers={"X-API-Key": key}).json()


async def test_a_move_is_undone(call, two_people):
    (ann, bob), phone = two_people
    arguments = {"customer": ann, "phone": phone, "to": bob, "reason": REASON}

    move = (await call("move_identifier", arguments)).structured_content
    during = await call("get_context", {"phone": phone})
    await call("undo_move", {"moveId": move["moveId"], "reason": "a mistake"})
    after = await call("get_context", {"phone": phone})

    assert [each.structured_content["customerId"] for each in (during, after)] == [bob, ann]


async def test_a_detach_is_undone(call, two_people):
    (ann, _), phone = two_people
    arguments = {"customer": ann, "phone": phone, "reason": REASON}

    detach = (await call("detach_identifier", arguments)).structured_content
    during = await call("get_context", {"phone": phone})
    undo = {"moveId": detach["moveId"], "reason": "a mistake"}
    undone, again = [(await call("undo_move", undo)).structured_content for _ in range(2)]

    assert during.structured_content["customerId"] == detach["to"]
    assert undone["deleted"]
    assert again == undone


async def test_the_audit_log_has_the_reason_and_the_api_key_of_a_move(call, cypher, two_people):
    (ann, bob), phone = two_people
    arguments = {"customer": ann, "phone": phone, "to": bob, "reason": REASON}

    move = (await call("move_identifier", arguments)).structured_content

    ((reason, by),) = cypher(
        "MATCH (m:IdentifierMove {id: $id}) RETURN m.reason, m.by", id=move["moveId"]
    )
    assert (reason, by) == (REASON, move["by"])


async def test_a_repeated_move_is_an_error_at_the_identifier(call, two_people):
    (ann, bob), phone = two_people
    arguments = {"customer": ann, "phone": phone, "to": bob, "reason": REASON}
    await call("move_identifier", arguments)

    error = (await call("move_identifier", arguments)).structured_content["error"]

    assert (error["code"], [detail["path"] for detail in error["details"]]) == (
        *("invalid_payload", ["phone", "to"]),
    )


@pytest.mark.parametrize("tool", ["preview_move", "move_identifier", "detach_identifier"])
async def test_an_identifier_of_another_customer_is_not_moved(call, ingest, two_people, tool):
    (ann, bob), phone = two_people
    reason = {} if tool == "preview_move" else {"reason": REASON}
    to = {"to": ann} if tool == "move_identifier" else {}

    arguments = {"customer": bob, "phone": phone} | reason | to
    error = (await call(tool, arguments)).structured_content["error"]

    owner = {"path": "phone", "message": "must be an Identifier of the Customer"}
    assert owner in error["details"]
    assert ingest(phone=phone)["customerId"] == ann


@pytest.mark.parametrize("dry_run", [{}, {"dryRun": True}])
async def test_an_erasure_is_a_preview_by_default(call, two, dry_run):
    arguments = {"customer": two[0], "reason": "request 1042"} | dry_run

    preview = (await call("erase_customer", arguments)).structured_content
    context = await call("get_context", {"customer": two[0]})

    assert preview == {"dryRun": True, "customers": [two[0]], "identifiers": 1, "touchpoints": 2}
    assert not context.is_error


async def test_an_erasure_deletes_what_its_preview_counts(call, two):
    merge = {"customer": two[0], "from": two[1], "reason": REASON}
    await call("merge_customers", merge)
    arguments = {"customer": two[1], "reason": "request 1042"}

    preview = (await call("erase_customer", arguments)).structured_content
    erased, again = [
        (await call("erase_customer", arguments | {"dryRun": False})).structured_content
        for _ in range(2)
    ]

    assert {name: erased[name] for name in preview if name != "dryRun"} == {
        name: preview[name] for name in preview if name != "dryRun"
    }
    assert again == erased


@pytest.mark.parametrize(
    ("tool", "arguments", "path"),
    [
        ("erase_customer", {"customer": "cus_1"}, "reason"),
        ("erase_customer", {"customer": "cus_1", "reason": " "}, "reason"),
        ("erase_customer", {"email": "jane@acme.com", "reason": REASON}, "email"),
        ("merge_customers", {"customer": "cus_1", "from": "cus_2"}, "reason"),
        ("undo_merge", {"mergeId": "mrg_1"}, "reason"),
        ("undo_split", {"splitId": "spl_1"}, "reason"),
        ("split_customer", {"customer": "cus_1"}, "reason"),
        ("move_identifier", {"customer": "cus_1", "phone": "4155552671", "to": "cus_2"}, "reason"),
        ("move_identifier", {"customer": "cus_1", "to": "cus_2", "reason": REASON}, ""),
        ("detach_identifier", {"customer": "cus_1", "phone": "4155552671"}, "reason"),
        ("detach_identifier", {"phone": "4155552671", "reason": REASON}, "customer"),
        ("undo_move", {"moveId": "mov_1"}, "reason"),
    ],
)
async def test_a_change_needs_an_id_and_a_reason(call, tool, arguments, path):
    error = (await call(tool, arguments)).structured_content["error"]

    assert error["code"] == "invalid_payload"
    assert path in {detail["path"] for detail in error["details"]}


@pytest.mark.parametrize(
    ("tool", "arguments", "code"),
    [
        ("erase_customer", {"customer": "cus_none", "reason": REASON}, "unknown_customer"),
        ("undo_merge", {"mergeId": "mrg_none", "reason": REASON}, "unknown_merge"),
        ("undo_split", {"splitId": "spl_none", "reason": REASON}, "unknown_split"),
        ("preview_split", {"customer": "cus_none"}, "unknown_customer"),
        ("preview_move", {"customer": "cus_none", "externalId": "x"}, "unknown_customer"),
        ("undo_move", {"moveId": "mov_none", "reason": REASON}, "unknown_move"),
    ],
)
async def test_an_unknown_id_is_an_error(call, tool, arguments, code):
    assert (await call(tool, arguments)).structured_content["error"]["code"] == code
