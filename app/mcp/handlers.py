"""Tool handlers: they decode an agent's arguments, and call the same use cases as the routes."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from msgspec import Struct

from app.access.authenticator import ApiKey
from app.access.guard import Guard
from app.customers import context_text
from app.customers.context import Context, ContextReader
from app.customers.context_query import ContextQuery
from app.customers.context_text import ContextText
from app.customers.explanation.reader import Explanation, ExplanationQuery, ExplanationReader
from app.customers.timeline import Timeline, TimelineQuery, TimelineReader
from app.domain import idempotency
from app.domain.validation import REQUIRED, FieldErrors, invalid
from app.errors import FieldError, ForbiddenScope
from app.http import decoding, event_previews
from app.http.responses import batch_content
from app.ingest import payload
from app.ingest.dry_run import DryRunner
from app.ingest.observer import ObservedRequest, Sender
from app.ingest.payload import Payload
from app.ingest.rows import IngestRequest
from app.ingest.service import Ingest
from app.mcp import arguments as tool_arguments
from app.mcp.event_arguments import BatchOptions, EventOptions
from app.mcp.steward_handlers import StewardHandlers
from app.mcp.steward_tools import TOOLSETS
from app.mcp.tool import Tool
from app.mcp.tools import TOOLS

Options = TypeVar("Options", bound=Struct)

_UNKNOWN_SENDER = Sender("mcp")


class ToolHandlers:
    """One handler per tool, the same over HTTP and stdio.

    `toolsets` are the names of those of TOOLSETS that it offers to API keys with their scopes.
    """

    def __init__(  # noqa: PLR0913 - a use case each
        self,
        *,
        ingest: Ingest,
        dry_runs: DryRunner,
        contexts: ContextReader,
        timelines: TimelineReader,
        explanations: ExplanationReader,
        guard: Guard,
        stewards: StewardHandlers,
        toolsets: Iterable[str] = (),
    ) -> None:
        self._ingest = ingest
        self._dry_runs = dry_runs
        self._contexts = contexts
        self._timelines = timelines
        self._explanations = explanations
        self._guard = guard
        self._ingest_handlers = {
            "ingest_event": self._ingest_event,
            "ingest_events": self._ingest_events,
        }
        self._limited = {tool.name: tool for name in toolsets for tool in TOOLSETS[name]}
        self._steward_handlers = stewards.by_tool
        self._handlers = {
            "get_context": self._get_context,
            "get_timeline": self._get_timeline,
            "explain_event": self._explain_event,
        }

    @property
    def tools(self) -> dict[str, Tool]:
        """The tools that it offers, by name."""
        return TOOLS | self._limited

    async def is_offered(self, tool: Tool, key: str | None) -> bool:
        """Whether a caller learns of a tool: those of toolsets need an API key with their scope.

        Raises Unauthenticated or Unavailable.
        """
        if tool.name not in self._limited:
            return True
        try:
            await self._guard.authorize(key, tool.scope)
        except ForbiddenScope:
            return False
        return True

    async def call(self, tool: Tool, arguments: Mapping[str, Any], key: str | None) -> Any:
        """Returns the result of a tool, of any type that msgspec encodes.

        `key` is the API key of the caller. Raises the same ServiceError as the call over HTTP.
        """
        if ingest := self._ingest_handlers.get(tool.name):
            with self._ingest.observe(_UNKNOWN_SENDER) as observed:
                api_key = await self._guard.authorize(key, tool.scope)
                observed.sender = Sender("mcp", api_key.id, api_key.name)
                return await ingest(arguments, api_key, observed)
        api_key = await self._guard.authorize(key, tool.scope)
        if tool.name in self._limited:
            await self._guard.consume(api_key)
            return await self._steward_handlers[tool.name](arguments, api_key)
        return await self._handlers[tool.name](arguments, api_key)

    async def authorize(self, tool: Tool, key: str | None) -> ApiKey:
        """Returns the API key of a caller who may call a tool, and counts a call of it.

        Raises Unauthenticated, ForbiddenScope, RateLimited or Unavailable.
        """
        api_key = await self._guard.authorize(key, tool.scope)
        await self._guard.consume(api_key)
        return api_key

    async def _ingest_event(
        self, arguments: Mapping[str, Any], api_key: ApiKey, observed: ObservedRequest
    ) -> Any:
        options = _options(arguments, EventOptions)
        observed.is_dry_run = options.dry_run
        decoded = _decode(_without(arguments, EventOptions), observed)
        if decoded.is_batch:
            raise invalid(
                [FieldError("events", "must be absent: use ingest_events for several events")]
            )
        return await self._ingest_payload(
            decoded, api_key, BatchOptions(dry_run=options.dry_run), observed
        )

    async def _ingest_events(
        self, arguments: Mapping[str, Any], api_key: ApiKey, observed: ObservedRequest
    ) -> Any:
        options = _options(arguments, BatchOptions)
        observed.is_dry_run = options.dry_run
        decoded = _decode(_without(arguments, BatchOptions), observed)
        if not decoded.is_batch:
            raise invalid([FieldError("events", REQUIRED)])
        return await self._ingest_payload(decoded, api_key, options, observed)

    async def _get_context(
        self, arguments: Mapping[str, Any], api_key: ApiKey
    ) -> Context | ContextText:
        query = tool_arguments.decode(arguments, ContextQuery)
        await self._guard.consume(api_key)
        return await context_text.respond(self._contexts, query)

    async def _get_timeline(self, arguments: Mapping[str, Any], api_key: ApiKey) -> Timeline:
        query = tool_arguments.decode(arguments, TimelineQuery)
        await self._guard.consume(api_key)
        return await self._timelines.read(query)

    async def _explain_event(self, arguments: Mapping[str, Any], api_key: ApiKey) -> Explanation:
        query = tool_arguments.decode(arguments, ExplanationQuery)
        await self._guard.consume(api_key)
        return await self._explanations.read(query)

    async def _ingest_payload(
        self,
        decoded: Payload,
        api_key: ApiKey,
        options: BatchOptions,
        observed: ObservedRequest,
    ) -> Any:
        errors = FieldErrors()
        key = errors.parse(options.idempotency_key, "idempotencyKey", idempotency.key)
        errors.raise_any()
        with self._ingest.admit(api_key.producer, decoded.size) as reservation:
            reservation.settle(len(decoded.sent))
            await self._guard.consume(api_key, len(decoded.sent))
            request = IngestRequest(decoded, api_key.producer, key, options.lenient)
            if options.dry_run:
                dry_run = await self._dry_runs.run(request)
                return event_previews.content(dry_run, is_batch=decoded.is_batch)
            result = observed.result = await self._ingest.submit(request)
        return batch_content(result) if decoded.is_batch else result.results[0]


def _options(arguments: Mapping[str, Any], kind: type[Options]) -> Options:
    """The options among the arguments."""
    names = kind.__struct_encode_fields__
    return decoding.convert({name: arguments[name] for name in names if name in arguments}, kind)


def _without(arguments: Mapping[str, Any], kind: type[Struct]) -> dict[str, Any]:
    """The arguments that are no options."""
    names = kind.__struct_encode_fields__
    return {name: value for name, value in arguments.items() if name not in names}


def _decode(arguments: Mapping[str, Any], observed: ObservedRequest) -> Payload:
    observed.raw = tool_arguments.encode(arguments)
    observed.payload = payload.decode(observed.raw)
    return observed.payload
