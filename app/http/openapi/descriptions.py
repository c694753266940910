"""Descriptions of the schemas by name, for the OpenAPI document and for MCP tools.

They are not docstrings, which `python -OO` leaves out.
"""

DESCRIPTIONS = {
    "AuditEntry": (
        "A decision about identities. A review, a move and a detach have an `identifier`, and only "
        "a review `shared`. Only a change of the suppression list has `identifiers`. An undo has "
        "the same `id` as the merge, dismissal, move or detach."
    ),
    "AuditPage": (
        "A page of the audit log, the latest entry first. A `nextCursor` means there is more. With "
        "`after`, the earliest entry is first, and there always is a `nextCursor`."
    ),
    "BatchReceipt": (
        "The number of stored events, and the result or the error of each event, in order."
    ),
    "CallBatch": "Calls of a tracking SDK, each stored or rejected by itself.",
    "CallErrorBody": (
        "The body of an error of the routes for tracking SDKs, which read `code` and `message`."
    ),
    "CallsAccepted": "The response to each request that was read, even if its calls are invalid.",
    "ConflictEvidence": (
        "Evidence that two Customers are one person: the identifiers that events carried together."
    ),
    "ConflictingCustomer": (
        "Another Customer that may be the same person, because one event carried identifiers of "
        "both. Fields that changed after `asOf` are absent."
    ),
    "ConflictingIdentifier": (
        "An identifier that events carried with one of higher priority, of another Customer."
    ),
    "Context": (
        "A Customer with all Customers merged into it: identifiers, event counts, identity "
        "conflicts, and the latest Touchpoints, newest first."
    ),
    "ContextQuery": (
        "The Customer to find, the facts to return, and the size of the response. If `customer` is "
        "absent, the first of `email`, `phone`, `externalId` and `anonymousId` that matches is "
        "used. A blank or null field counts as absent."
    ),
    "ContextText": "A Customer and its latest Touchpoints, as a text for a prompt.",
    "CustomerIdentifier": "An identifier of the Customer, its weight, and when it was attached.",
    "CustomerSummary": (
        "A Customer of an identity conflict, counted with all Customers merged with it."
    ),
    "Dismissal": "The reason why the two Customers are not the same person.",
    "Erasure": (
        "An erasure: the deleted data, the time, the API key and the reason. It is complete with a "
        "`finishedAt`."
    ),
    "Error": (
        "An error: `details` lists every validation error, `requestId` is the request ID of an "
        "internal error."
    ),
    "ErrorBody": "The body of every error.",
    "EventBatch": "A batch of events: atomic, unless the request has `handling=lenient`.",
    "EventCount": "The number of events with a name.",
    "EventIngest": "An event as the contract defines it. A blank or null field counts as absent.",
    "EventPreview": "The result that an event would have. Nothing is stored.",
    "EventResult": (
        "A stored event: its Touchpoint, its Customer, and the identifier that matched."
    ),
    "EventWarning": (
        "A warning of a stored event, such as an ignored identifier: `path` is the field, "
        "`message` the reason."
    ),
    "Explanation": (
        "A stored event, and the reason for its Customer: by identifier, and in sentences."
    ),
    "ExplanationQuery": "The event to explain.",
    "FieldError": (
        "A validation error: `path` is the field (`events[3].timestamp`), `message` the rule."
    ),
    "Health": "The status of the service.",
    "IdentityConflict": (
        "Two Customers that may be one person. The `id` names the two Customers of the events."
    ),
    "IdentityConflictPage": (
        "A page of identity conflicts, the strongest evidence first. If there is a "
        "`nextCursor`, there may be more. If many conflicts were resolved, a page may be "
        "shorter than `limit`, or empty."
    ),
    "DetachRequest": (
        "The Identifier to detach, by exactly one of the fields, and the reason. A blank or null "
        "field counts as absent."
    ),
    "IdentifierExplanation": "An identifier of an event, and its outcome.",
    "IdentifierMove": (
        "A move of an Identifier: both Customers, when, by which API key, and why; its undo."
    ),
    "IdentifierMovePreview": "The preview of a move; nothing is written.",
    "IdentifierMoveQuery": (
        "The Identifier to move, by exactly one of the fields, and the Customer that gets it. "
        "Without `to`, previews a detach."
    ),
    "IdentifierMoveWarning": "A reason to look closer before the move.",
    "KindCount": "The number of Identifiers of a kind.",
    "LineageChange": (
        "A change of a Customer: merged into another, that merge undone, or split off another."
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
    "MergeRequest": "The Customer to merge, and the reason.",
    "MergeWarning": "A reason to look closer before the merge.",
    "MergedCustomer": (
        "A Customer that was merged into this one, directly or through another: the merge, its "
        "time and its reason. Requests with its ID find this Customer."
    ),
    "MoveRequest": (
        "The Identifier to move, by exactly one of the fields, the Customer that gets it, and the "
        "reason. A blank or null field counts as absent."
    ),
    "NewPart": "A part that is a Customer by itself now; its `splitId` undoes the split.",
    "Omitted": "The number of items of each list that `maxBytes` left out.",
    "Part": (
        "Identifiers that events carried together, and the number of Touchpoints with one of them."
    ),
    "PreviewQuery": "The Customer to merge.",
    "RejectionGroup": "Rejected events of one API key, with one error code and one field.",
    "RejectionPage": (
        "A page of the groups of rejected events, the last seen first. If there is a "
        "`nextCursor`, there may be more."
    ),
    "RejectionQuery": "Which page of the groups of rejected events to return.",
    "SharedMark": (
        "Whether several people share an identifier. A blank or null field counts as absent."
    ),
    "Split": "A split: the split Customer, the new ones, when, by which API key, and why.",
    "SplitPreview": (
        "The parts that the events imply. `stays` keeps the Identifiers that connect no others."
    ),
    "SplitQuery": "The shared Identifiers, which connect no others.",
    "SplitRequest": "The Identifiers to mark as shared, which connect no others, and the reason.",
    "SuppressionChange": (
        "A change of the suppression list, with its time, API key and reason. The `id` "
        "of a suppression undoes it."
    ),
    "SuppressionRequest": "The identifiers to suppress, or to allow again, and the reason.",
    "Timeline": (
        "A page of a timeline, newest first, with the Touchpoints of all Customers merged into "
        "`customerId`. If there is a `nextCursor`, there may be more. With a filter, a page may "
        "be shorter than `limit`, or empty."
    ),
    "TimelineQuery": "The Customer, and the part of its timeline.",
    "Touchpoint": (
        "A stored event. `timestamp` and `properties` are byte for byte as the request had them."
    ),
    "TrackingCall": "A call of a tracking SDK. A null member counts as absent.",
    "UndoRequest": "The reason of an undo.",
}
