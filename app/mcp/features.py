"""The features: the handlers of everything that the service offers to agents."""

from msgspec import Struct

from app.mcp.completions import EventNameCompletion
from app.mcp.handlers import ToolHandlers
from app.mcp.prompts import PromptHandlers
from app.mcp.resources import ResourceHandlers


class Features(Struct, frozen=True):
    """The handlers of tools, resources, prompts and completions, the same over HTTP and stdio."""

    tools: ToolHandlers
    resources: ResourceHandlers
    prompts: PromptHandlers
    event_names: EventNameCompletion
