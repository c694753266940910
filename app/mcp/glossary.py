"""The glossary for agents: the terms in the tools, resources and prompts, as in the docs."""

TERMS = {
    "Customer": "A person, as far as events identify one.",
    "identifier": (
        "An email, a phone, an external ID or an anonymous ID that identifies a Customer."
    ),
    "external ID": "The ID of a person in another system, in the field `externalId`.",
    "anonymous ID": (
        "The ID that a tracking SDK makes for a visitor without a name, in the field `anonymousId`."
    ),
    "identity resolution": "The step that finds the Customer of an event.",
    "priority": (
        "The order in which identifiers resolve an event: email, phone, external ID, anonymous "
        "ID; the field is `weight`."
    ),
    "identity conflict": (
        "Evidence that two Customers may be one person: an event carried identifiers of both."
    ),
    "data steward": "A person who reviews identity conflicts.",
    "merge": "The statement that two Customers are one person.",
    "surviving Customer": "The Customer whose ID names the merged ones in responses.",
    "split": "The separation of one Customer that is several people.",
    "move": "The change of the Customer of one identifier; Touchpoints stay.",
    "detach": "A move to a new Customer, which has nothing else.",
    "shared identifier": (
        "An identifier of several people, which resolves an event only if there is no other."
    ),
    "blocked value": "A value that identifies no Customer, such as `null` or `noreply@…`.",
    "event": "A named thing that a person did or that was done for them, as you send it.",
    "Touchpoint": "A stored event, as a node of the graph.",
    "timeline": "The Touchpoints of a Customer, the latest first.",
    "context": "The identifiers, event counts and latest Touchpoints of one Customer.",
    "explanation": "The reason why an event is with its Customer.",
    "properties": "The free-form object of an event.",
    "idempotency key": (
        "Your name for a request or an event, so that a retry stores nothing twice."
    ),
}


def text() -> str:
    """The glossary in Markdown: a line per term."""
    lines = [f"- **{term}**: {meaning}" for term, meaning in TERMS.items()]
    return "\n".join(["# Glossary of Waypath Events", "", *lines, ""])
