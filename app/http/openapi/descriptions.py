"""Descriptions: the texts of the schemas by their names, for the OpenAPI document and for tools.

They are not docstrings, which `python -OO` leaves out.
"""

DESCRIPTIONS = {
    "AuditEntry": (
        "A decision about identities. Only a review has `identifier` and `shared`. The undo of "
        "a merge or of a dismissal has the same `id` as that."
    ),
    "AuditPage": (
        "A page of the audit log, the latest entry first. A `nextCursor` means there is more."
    ),
    "BatchReceipt": (
        "What became of each event, in their order; a lenient request's bad ones have an error."
    ),
    "ConflictEvidence": (
        "Evidence that two Customers are one person: which of their identifiers events carried "
        "together."
    ),
    "ConflictingCustomer": (
        "Another Customer who may be the same person: identifiers of the two came in one event. "
        "What changed after the moment that the query asks for is absent."
    ),
    "ConflictingIdentifier": (
        "An identifier that events carried with one of higher priority, of another Customer."
    ),
    "Context": (
        "What is known of a Customer, and of all who were merged into it, the latest first. The "
        "Touchpoints are the latest, the newest first."
    ),
    "ContextQuery": (
        "Whom to look for, and how much to tell. A Customer who is named is taken; else the "
        "first of email, phone and externalId that is known decides. A blank or null field "
        "counts as absent."
    ),
    "CustomerIdentifier": "An identifier of the Customer, since when, and its weight.",
    "CustomerSummary": (
        "A Customer of an identity conflict, counted with all Customers merged with it."
    ),
    "Dismissal": "Why the two Customers of an identity conflict are not the same person.",
    "Erasure": (
        "An erasure: what was deleted, when, by whom, and why. It is complete with a `finishedAt`."
    ),
    "Error": (
        "What is wrong: `details` names every fault, `requestId` finds an error of ours in the log."
    ),
    "ErrorBody": "What every error is answered with.",
    "EventBatch": "Events to keep together: all of them or, unless the request is lenient, none.",
    "EventCount": "How many events of a name there are.",
    "EventIngest": "An event as the contract defines it. A blank or null field counts as absent.",
    "EventResult": (
        "What became of an event: its Touchpoint, its Customer, and the identifier that matched."
    ),
    "EventWarning": (
        "What was ignored of an event that is stored: `path` says where it stood, `message` why."
    ),
    "Explanation": (
        "An event as it is kept, and why it is with its Customer: in parts, and in words."
    ),
    "ExplanationQuery": "Which event to explain.",
    "FieldError": (
        "One fault of a request: `path` says where (`events[3].timestamp`), `message` what."
    ),
    "Health": "That the service is well.",
    "IdentityConflict": (
        "Two Customers that may be one person. The `id` names the two Customers of the events."
    ),
    "IdentityConflictPage": (
        "A page of identity conflicts, the strongest evidence first. If there is a "
        "`nextCursor`, there may be more. If many conflicts were resolved, a page may be "
        "shorter than `limit`, or empty."
    ),
    "IdentifierExplanation": "An identifier of an event, and its outcome.",
    "KindCount": "The number of Identifiers of a kind.",
    "LineageChange": (
        "What became of a Customer: merged into another, that merge undone, or split off another."
    ),
    "MatchEvidence": (
        "How many events carried identifiers of both Customers; `kind` is of the one of lower "
        "priority."
    ),
    "Merge": (
        "A merge: the surviving Customer, the merged one, when, by which API key, and why; its "
        "undo."
    ),
    "MergeCustomerSummary": (
        "One of the two Customers, counted with all Customers merged into it: `customers` in all."
    ),
    "MergePreview": "The preview of a merge; nothing is written.",
    "MergeRequest": "Which Customer to merge, and why.",
    "MergeWarning": "A reason to look closer before the merge.",
    "MergedCustomer": (
        "A Customer who was merged into this one, or into one who was: by which merge, when, and "
        "why. Its id keeps working, and is answered with this one's."
    ),
    "NewPart": "A part that is a Customer by itself now; its `splitId` undoes the split.",
    "Omitted": "How much was left out to keep to the size that was asked for.",
    "Part": (
        "Identifiers that events carried together, and the number of Touchpoints with one of them."
    ),
    "PreviewQuery": "Which Customer to merge.",
    "SharedMark": (
        "Whether several people share an identifier. A blank or null field counts as absent."
    ),
    "Split": "A split: the split Customer, the new ones, when, by which API key, and why.",
    "SplitPreview": (
        "The parts that the events imply. `stays` keeps the Identifiers that connect no others."
    ),
    "SplitQuery": "Which Identifiers connect no others.",
    "SplitRequest": "Which Identifiers connect no others from now on, and why.",
    "Timeline": (
        "A page of a timeline, the newest first. Where there is a `nextCursor` there may be "
        "more. It is of all Customers who are merged into one; `customerId` is the one they are "
        "merged into. A page is shorter than asked for, or empty, where a filter left out many: "
        "the next one goes on."
    ),
    "TimelineQuery": "Whose timeline, and which part of it.",
    "Touchpoint": (
        "An event as it is kept. `timestamp` and `properties` are as they were sent, byte for byte."
    ),
    "UndoRequest": "Why a decision is undone.",
}
