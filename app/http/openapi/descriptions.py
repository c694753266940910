"""Descriptions: the texts of the schemas by their names, for the OpenAPI document and for tools.

They are not docstrings, which `python -OO` leaves out.
"""

DESCRIPTIONS = {
    "AuditEntry": (
        "What somebody did to identities. `identifier` and `shared` are there for a review "
        "alone. The undo of a merge or of a dismissal has the id of that."
    ),
    "AuditPage": (
        "A page of the audit trail, the latest first. Where there is a `nextCursor` there is more."
    ),
    "BatchReceipt": (
        "What became of each event, in their order; a lenient request's bad ones have an error."
    ),
    "ConflictEvidence": (
        "What speaks for two Customers being one: how often their keys came together, and which."
    ),
    "ConflictingCustomer": (
        "Another Customer who may be the same person: identifiers of the two came in one event. "
        "What changed after the moment that the query asks for is absent."
    ),
    "ConflictingIdentifier": (
        "A key that came with a heavier one of another Customer, which decided in its place."
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
        "A Customer of a conflict, with all who were merged with it, and how much it has."
    ),
    "Dismissal": "That the two Customers of a conflict are not the same person.",
    "Erasure": "What was erased, when, by whom, and why; all of it once there is a `finishedAt`.",
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
        "Two Customers who may be one person; its id is that of the two whose keys disagreed."
    ),
    "IdentityConflictPage": (
        "A page of conflicts, the strongest first. Where there is a `nextCursor` there may be "
        "more. A page may be shorter than asked for, or empty, where many were settled: the next "
        "one goes on."
    ),
    "IdentifierExplanation": "An identifier of an event, and its outcome.",
    "KindCount": "How many Identifiers of a kind there are.",
    "LineageChange": (
        "What became of a Customer: merged into another, that merge undone, or split off another."
    ),
    "MatchEvidence": (
        "How often a key of the one came with one of the other; the kind is of what was overruled."
    ),
    "Merge": (
        "A merge: who stays, who was merged, when, by which API key, and why; the undo as well."
    ),
    "MergeCustomerSummary": (
        "One of the two, with all who were merged into it before: `customers` of them."
    ),
    "MergePreview": "What a merge would put together; nothing is written.",
    "MergeRequest": "With whom to merge, and why.",
    "MergeWarning": "What to consider before.",
    "MergedCustomer": (
        "A Customer who was merged into this one, or into one who was: by which merge, when, and "
        "why. Its id keeps working, and is answered with this one's."
    ),
    "NewPart": "A part that is a Customer by itself now; its `splitId` undoes that.",
    "Omitted": "How much was left out to keep to the size that was asked for.",
    "Part": "Identifiers that came together in events, and how many Touchpoints carry one of them.",
    "PreviewQuery": "With whom to merge.",
    "SharedMark": (
        "Whether a key is shared by several people. A blank or null key counts as absent."
    ),
    "Split": "A split: who was parted into whom, when, by which API key, and why.",
    "SplitPreview": (
        "The parts that the recorded events imply. The first stays, with all that connects nobody."
    ),
    "SplitQuery": "What is not to count as a connection.",
    "SplitRequest": "What is not to count as a connection from now on, and why.",
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
