"""The features for agents, on the services of a process."""

from collections.abc import Iterable

from app.identity_services import IdentityServices
from app.mcp.completions import EventNameCompletion
from app.mcp.features import Features
from app.mcp.handlers import ToolHandlers
from app.mcp.prompts import PromptHandlers
from app.mcp.resources import ResourceHandlers
from app.mcp.steward_handlers import StewardHandlers
from app.services import Services


def create(services: Services, identity: IdentityServices, toolsets: Iterable[str]) -> Features:
    """Returns the features, with the tools of these toolsets for API keys with their scopes."""
    stewards = StewardHandlers(
        identity.merges, identity.splits, identity.moves, identity.erasures, services.contexts
    )
    tools = ToolHandlers(
        ingest=services.ingest,
        dry_runs=services.dry_runs,
        contexts=services.contexts,
        timelines=services.timelines,
        explanations=services.explanations,
        guard=services.agent_guard,
        stewards=stewards,
        toolsets=toolsets,
    )
    return Features(
        tools,
        ResourceHandlers(tools),
        PromptHandlers(tools),
        EventNameCompletion(services.overview, services.agent_guard),
    )
