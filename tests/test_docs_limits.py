"""The page of scopes and limits: that it has what the code has."""

import re

import pytest
import uvicorn

from app import settings, workers
from app.access import api_keys, memory_window
from app.access.authenticator import MAX_AGE_SECONDS, REFRESH_INTERVAL_SECONDS
from app.activity import rejection_groups, rejections, ring, subscription
from app.bulk import retry, source, windows
from app.customers import context, context_query, context_text, timeline
from app.domain import idempotency, identifiers
from app.graph import graph
from app.http import body, live_feed, protocol
from app.identity import (
    audit,
    conflicts,
    erasure,
    reason,
    split_preview,
    suppression_list,
    suppressions,
)
from app.ingest import admission, events, payload, properties, write_queue
from app.mcp.steward_tools import STEWARD_TOOLS
from app.mcp.tools import TOOLS
from app.segment import payload as segment_payload
from tests.support.checkout import CHECKOUT
from tests.support.docs_tables import code, table
from tests.support.openapi import ENDPOINTS, OPERATIONS

PAGE = (CHECKOUT / "docs" / "reference" / "scopes-and-limits.md").read_text()
DEFAULTS = settings.Settings()
KIB, MIB = 1024, 1024**2


def default(query, field):
    return query.__struct_defaults__[
        query.__struct_fields__.index(field) - len(query.__struct_fields__)
    ]


LIMITS = {
    "Body size": f"{body.MAX_BODY_BYTES // MIB} MiB",
    "Header size": f"{protocol.MAX_HEADER_BYTES // KIB} KiB",
    "Header lines": f"{protocol.MAX_HEADERS}",
    "Request ID": "128 characters",
    "Header timeout": f"{protocol.HEADER_TIMEOUT_SECONDS:.0f} s",
    "Body timeout": f"{protocol.BODY_TIMEOUT_SECONDS:.0f} s",
    "Idle timeout": f"{uvicorn.Config('').timeout_keep_alive} s",
    "Database timeout": f"{graph.CALL_TIMEOUT_SECONDS:.0f} s",
    "Login form": f"{body.MAX_FORM_BYTES // KIB} KiB",
    "Batch size": f"{payload.MAX_BATCH_EVENTS} events",
    "Batch of calls": f"{segment_payload.MAX_CALLS:,} calls",
    "Event name": f"{events.MAX_NAME_LENGTH} characters",
    "Email": f"{identifiers.MAX_EMAIL_LENGTH} characters",
    "External ID, Customer ID": f"{identifiers.MAX_ID_LENGTH} characters",
    "Idempotency key": f"{idempotency.MAX_KEY_LENGTH} characters",
    "Properties size": f"{properties.MAX_BYTES // KIB} KiB",
    "Properties entries": f"{properties.MAX_ENTRIES} entries, nested ones included",
    "Properties depth": f"{properties.MAX_DEPTH} levels",
    "Property name": f"{properties.MAX_NAME_LENGTH} characters",
    "Context, `limit`": f"0 to {context_query.MAX_TOUCHPOINTS} Touchpoints, "
    f"default {default(context_query.ContextQuery, 'limit')}",
    "Context, `maxBytes`": f"{context_query.MIN_RESPONSE_BYTES:,} bytes or more, default none",
    "Context, `maxTokens`": f"{context_query.MIN_RESPONSE_TOKENS:,} tokens or more, default none",
    "Context, text without a limit": f"{context_text.DEFAULT_MAX_BYTES // KIB} KiB",
    "Context, counted Touchpoints": f"{context.MAX_COUNTED_TOUCHPOINTS:,} Touchpoints",
    "Timeline, `limit`": f"1 to {timeline.MAX_PAGE_TOUCHPOINTS} Touchpoints, "
    f"default {default(timeline.TimelineQuery, 'limit')}",
    "Timeline, scan": f"{timeline.MAX_SCANNED_TOUCHPOINTS:,} Touchpoints",
    "Rejections, `limit`": f"1 to {rejections.MAX_PAGE_GROUPS} groups, "
    f"default {default(rejections.RejectionQuery, 'limit')}",
    "Rejections, scan": f"{rejections.MAX_SCANNED_GROUPS:,} groups",
    "Rejections, groups": f"{rejection_groups.MAX_GROUPS} groups",
    "Identity conflicts, `limit`": f"1 to {conflicts.MAX_PAGE_CONFLICTS} conflicts, "
    f"default {default(conflicts.IdentityConflictQuery, 'limit')}",
    "Audit log, `limit`": f"1 to {audit.MAX_PAGE_ENTRIES} entries, "
    f"default {default(audit.AuditQuery, 'limit')}",
    "Reason": f"{reason.MAX_REASON_LENGTH:,} characters",
    "Split, `shared`": f"{split_preview.MAX_SHARED_NAMES} Identifiers",
    "Suppression, `identifiers`": f"1 to {suppressions.MAX_IDENTIFIERS:,} identifiers",
    "Suppression, other processes": f"{suppression_list.MAX_AGE_SECONDS:.0f} s",
    "Live stream, `recent`": f"0 to {live_feed.MAX_RECENT:,} records, default 0",
    "Live stream, resumption": f"{ring.MAX_RECORDS:,} records",
    "Live stream, queue": f"{subscription.MAX_RECORDS:,} records",
    "Live streams, open": f"{live_feed.MAX_STREAMS} streams",
    "Erasure response": f"{erasure.RESPONSE_TIMEOUT_SECONDS:.0f} s",
    "Rate limit": f"{DEFAULTS.rate_limit:,} events/min",
    "Rate limit of browser keys": f"{DEFAULTS.browser_rate_limit:,} calls/min",
    "API key revocation": f"{MAX_AGE_SECONDS + REFRESH_INTERVAL_SECONDS:.0f} s",
    "Write queue, events": f"{write_queue.MAX_QUEUE_ROWS:,} events",
    "Write queue, size": f"{write_queue.MAX_QUEUE_BYTES // MIB} MiB",
    "Expected wait, alone": f"{graph.CALL_TIMEOUT_SECONDS:.0f} s",
    "Expected wait, behind many": f"{admission.MAX_WAIT_SECONDS} s",
    "Shutdown": f"{workers.SHUTDOWN_TIMEOUT_SECONDS} s",
    "Emails": f"{DEFAULTS.email_limit} identifiers",
    "Phones": f"{DEFAULTS.phone_limit} identifiers",
    "External IDs": f"{DEFAULTS.external_id_limit:,} identifiers",
    "Anonymous IDs": f"{DEFAULTS.anonymous_id_limit:,} identifiers",
    "Shared identifier": f"{DEFAULTS.shared_after} other Customers",
    "Line": f"{source.MAX_LINE_BYTES // KIB} KiB",
    "Checkpoint, records": f"{windows.MAX_WINDOW_ROWS:,} records",
    "Checkpoint, size": f"{windows.MAX_WINDOW_BYTES // MIB} MiB",
    "Outage": f"{retry.OUTAGE_TIMEOUT_SECONDS / 60:.0f} min",
}


def limit_rows():
    """The rows of all tables of limits."""
    return [
        row for section in re.split(r"(?m)^## ", PAGE) for row in table(f"\n{section}", "Limit")
    ]


def test_the_page_has_each_limit_with_the_number_of_the_code():
    assert {row[0]: row[1] for row in limit_rows()} == LIMITS


def test_the_settings_of_the_limits_are_settings():
    named = {name for row in limit_rows() for name in code(row[3])}

    assert named <= set(settings.Settings.__struct_encode_fields__)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (memory_window.WINDOW_SECONDS, "lasts {:.0f} s"),
        (admission.UNLIMITED_ROWS, "more than {} events"),
        (admission.UNLIMITED_REQUESTS, "and {} requests"),
    ],
)
def test_the_other_numbers_of_the_page_are_those_of_the_code(number, text):
    assert text.format(number) in PAGE


def test_the_page_has_every_scope_with_its_routes_tools_and_pages():
    rows = table(PAGE, "Scope")

    assert {code(row[0])[0]: tuple(frozenset(code(cell)) for cell in row[1:]) for row in rows} == {
        scope: (
            frozenset(route(item) for item in OPERATIONS if item.scope == scope),
            frozenset(
                tool.name
                for tool in (*TOOLS.values(), *STEWARD_TOOLS.values())
                if tool.scope == scope
            ),
            frozenset(
                route(item) for item in ENDPOINTS if item.scope == scope and item not in OPERATIONS
            ),
        )
        for scope in api_keys.SCOPES
    }


def test_the_page_has_every_open_route():
    rows = table(PAGE, "Open route")

    assert {code(row[0])[0] for row in rows} == {
        route(item) for item in ENDPOINTS if item.scope is None
    }


def route(endpoint):
    return f"{endpoint.method} {endpoint.path}"
