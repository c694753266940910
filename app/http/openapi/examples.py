"""Examples: bodies as the contract shows them, and a context of what they leave behind."""

SINGLE = {
    "event": "page_viewed",
    "email": "jane@acme.com",
    "properties": {"url": "/pricing", "referrer": "https://google.com"},
    "timestamp": "2026-04-29T10:14:32Z",
}
BATCH = {
    "events": [
        {
            "event": "email_opened",
            "email": "jane@acme.com",
            "properties": {"campaign_id": "camp_42"},
        },
        {"event": "link_clicked", "email": "jane@acme.com", "properties": {"url": "/book-demo"}},
    ]
}
FIRST = {"eventId": "evt_91ab2c", "customerId": "cus_8af2", "resolved": "email"}
RECEIPT = {"accepted": 2, "results": [FIRST, FIRST | {"eventId": "evt_91ab2d"}]}
UNNAMED = {"event": "form_sent", "email": "jane@acme.com", "externalId": "undefined"}
WARNED = FIRST | {
    "warnings": [
        {
            "path": "externalId",
            "code": "blocked_key",
            "message": "undefined is blocked: it identifies nobody, and was ignored",
        }
    ]
}
QUERY = {"email": "jane@acme.com", "limit": 1}
CONTEXT = {
    "customerId": "cus_8af2",
    "matchedBy": "email",
    "weight": 1.0,
    "createdAt": "2026-04-29T10:14:33.012Z",
    "firstSeen": "2026-04-29T10:14:32Z",
    "lastSeen": "2026-04-29T10:14:32Z",
    "identifiers": [
        {
            "kind": "email",
            "value": "jane@acme.com",
            "weight": 1.0,
            "since": "2026-04-29T10:14:33.012Z",
        }
    ],
    "events": [{"event": "page_viewed", "count": 1}],
    "possibleSamePeople": [],
    "touchpoints": [
        {
            "eventId": "evt_91ab2c",
            "event": "page_viewed",
            "timestamp": "2026-04-29T10:14:32Z",
            "occurredAt": "2026-04-29T10:14:32Z",
            "receivedAt": "2026-04-29T10:14:33.012Z",
            "resolved": "email",
            "identifiers": ["email:jane@acme.com"],
            "properties": {"url": "/pricing", "referrer": "https://google.com"},
        }
    ],
}
EXPLANATION = {
    "eventId": "evt_91ab2f",
    "event": "form_sent",
    "timestamp": "2026-05-02T17:30:00Z",
    "occurredAt": "2026-05-02T17:30:00Z",
    "receivedAt": "2026-05-02T17:30:00.402Z",
    "resolved": "email",
    "identifiers": ["email:jane@acme.com", "phone:+14155552671", "externalId:crm-42"],
    "properties": {"form": "demo"},
    "customerId": "cus_8af2",
    "survivorId": "cus_77d0",
    "createdCustomer": False,
    "keys": [
        {
            "kind": "email",
            "value": "jane@acme.com",
            "weight": 1.0,
            "outcome": "decided",
            "customerId": "cus_8af2",
        },
        {
            "kind": "phone",
            "value": "+14155552671",
            "weight": 0.9,
            "outcome": "overruled",
            "sent": "(415) 555-2671",
            "customerId": "cus_91c0",
        },
        {
            "kind": "externalId",
            "value": "crm-42",
            "weight": 0.8,
            "outcome": "attached",
            "customerId": "cus_8af2",
        },
    ],
    "changes": [
        {
            "kind": "merged",
            "id": "mrg_01ky",
            "at": "2026-05-03T09:00:00Z",
            "from": "cus_8af2",
            "into": "cus_77d0",
        }
    ],
    "explanation": "The email jane@acme.com (weight 1.0) already identified cus_8af2, so the event "
    "was attached to it; the phone +14155552671 identified cus_91c0 and was overruled; the "
    "externalId crm-42 was new and was attached. Since then cus_8af2 was merged into cus_77d0 on "
    "2026-05-03 at 09:00 UTC, so it is cus_77d0's now.",
}
PREVIEW_QUERY = {"from": "cus_91c0"}
_SIDE = {
    "createdAt": "2026-04-29T10:14:33.012Z",
    "customers": 1,
    "identifiers": [{"kind": "email", "count": 1}],
    "touchpoints": 12,
}
MERGE_PREVIEW = {
    "customer": {"customerId": "cus_8af2"} | _SIDE,
    "from": {"customerId": "cus_91c0"} | _SIDE,
    "conflicts": [
        {
            "kind": "phone",
            "count": 3,
            "firstSeen": "2026-04-30T08:00:00Z",
            "lastSeen": "2026-05-02T17:30:00Z",
        }
    ],
    "warnings": [],
}
MERGE_REQUEST = {"from": "cus_91c0", "reason": "same person, confirmed by phone"}
MERGE = {
    "mergeId": "mrg_01ky",
    "customerId": "cus_8af2",
    "from": "cus_91c0",
    "at": "2026-05-03T09:00:00.000000Z",
    "by": "key_01kx",
    "reason": "same person, confirmed by phone",
}
UNDO_REQUEST = {"reason": "two people share the phone"}
UNDONE = MERGE | {
    "undoneAt": "2026-05-04T09:00:00.000000Z",
    "undoneBy": "key_01kx",
    "undoReason": "two people share the phone",
}
CONFLICTS = {
    "conflicts": [
        {
            "id": "cus_8af2~cus_8b01",
            "customers": [
                {
                    "customerId": "cus_8af2",
                    "createdAt": "2026-04-29T10:14:33.012Z",
                    "touchpoints": 12,
                    "identifiers": 2,
                },
                {
                    "customerId": "cus_8b01",
                    "createdAt": "2026-05-02T08:00:00.5Z",
                    "touchpoints": 3,
                    "identifiers": 1,
                },
            ],
            "evidence": {
                "strength": 2.7,
                "kinds": ["phone"],
                "count": 3,
                "firstSeen": "2026-05-03T09:30:00Z",
                "lastSeen": "2026-05-09T16:05:00Z",
                "keys": [
                    {
                        "identifier": "phone:+14155552671",
                        "owner": "cus_8b01",
                        "seenWith": "cus_8af2",
                        "count": 3,
                        "firstSeen": "2026-05-03T09:30:00Z",
                        "lastSeen": "2026-05-09T16:05:00Z",
                        "lastEvent": "evt_93c0aa",
                    }
                ],
            },
        }
    ]
}
DISMISSAL = {"reason": "A couple that shares a phone"}
DISMISSED = {
    "id": "dsm_01kr",
    "kind": "dismissal",
    "at": "2026-05-10T11:00:00.25Z",
    "by": "key_019c",
    "reason": "A couple that shares a phone",
    "customers": ["cus_8af2", "cus_8b01"],
}
UNDO_DISMISSAL = {"reason": "One person with two jobs"}
DISMISSAL_UNDONE = DISMISSED | {
    "kind": "undo",
    "at": "2026-05-11T08:30:00.5Z",
    "reason": "One person with two jobs",
}
SHARED_MARK = {
    "phone": "(415) 555-2671",
    "shared": True,
    "reason": "The reception of an office",
}
MARKED = {
    "id": "rev_01kr",
    "kind": "review",
    "at": "2026-05-10T11:02:00.5Z",
    "by": "key_019c",
    "reason": "The reception of an office",
    "customers": ["cus_8b01"],
    "identifier": "phone:+14155552671",
    "shared": True,
}
ERASURE = {
    "erasureId": "ers_01ks",
    "customers": ["cus_8af2", "cus_8b01"],
    "identifiers": 3,
    "touchpoints": 1204,
    "redacted": 2,
    "at": "2026-05-11T09:00:00.5Z",
    "by": "key_01kq",
    "reason": "request 1042",
    "finishedAt": "2026-05-11T09:00:01.125Z",
}
ERASED = {
    "id": "ers_01ks",
    "kind": "erasure",
    "at": "2026-05-11T09:00:00.5Z",
    "by": "key_01kq",
    "reason": "request 1042",
    "customers": ["cus_8af2", "cus_8b01"],
}
CHANGES = {"changes": [ERASED, MARKED, DISMISSED]}
SPLIT_QUERY = {"shared": ["phone:+14155552671"]}
SPLIT_PREVIEW = {
    "customerId": "cus_8af2",
    "stays": {"identifiers": ["email:jane@acme.com", "phone:+14155552671"], "touchpoints": 12},
    "parts": [{"identifiers": ["email:joe@acme.com"], "touchpoints": 3}],
}
SPLIT_REQUEST = SPLIT_QUERY | {"reason": "the office's phone"}
SPLIT = {
    "customerId": "cus_8af2",
    "parts": [
        {
            "identifiers": ["email:joe@acme.com"],
            "touchpoints": 3,
            "splitId": "spl_01kz",
            "customerId": "cus_77b1",
        }
    ],
    "at": "2026-05-03T09:00:00.000000Z",
    "by": "key_01kx",
    "reason": "the office's phone",
}
