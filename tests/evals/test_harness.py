"""The harness of the evaluations fails a task whose transcript expects something else."""

import pytest
from mcp.shared.uri_template import UriTemplate

from app.mcp.prompts import PROMPTS
from app.mcp.resources import RESOURCES
from app.mcp.tools import TOOLS
from tests.support.checkout import CHECKOUT
from tests.support.evals import transcripts
from tests.support.evals.replay import TaskFailed
from tests.support.evals.transcripts import InvalidTranscript

TASK = """
task: Log a call with Jane.
people: [jane]
steps:
  - as: call
    tool: ingest_event
    arguments: {event: call_placed, email: $jane.email, idempotencyKey: call-1}
    result: {resolved: new}
reply: {says: Recorded by $call.resolved., expected: Recorded by new.}
graph:
  - fact: Jane has one call
    cypher: |
      MATCH (:Identifier {value: $jane.email})-[:IDENTIFIES]->()-[:HAS_TOUCHPOINT]->(touchpoint)
      RETURN touchpoint.event
    rows: [[call_placed]]
"""


def test_a_task_with_the_right_expectations_passes(replay):
    replay(transcripts.read(TASK))


def test_the_example_of_the_page_passes(replay):
    page = (CHECKOUT / "docs" / "contributing" / "evaluations.md").read_text()
    example = page.partition("```yaml\n")[2].partition("```")[0]

    replay(transcripts.read(example))


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        (
            "resolved: new}",
            "resolved: email}",
            r"step 1 \(tool ingest_event, as call\): result.resolved: expected 'email', was 'new'",
        ),
        (
            "resolved: new}",
            "receipt: !any }",
            r"step 1 .*: result.receipt: expected !any, was absent",
        ),
        (
            "result: {resolved: new}",
            "error: {code: suppressed}",
            r"step 1 .*: expected error {'code': 'suppressed'}, was {'eventId'",
        ),
        (
            "result: {resolved: new}",
            "protocolError: {code: -32602}",
            r"step 1 .*: expected protocolError {'code': -32602}",
        ),
        (
            "event: call_placed, email",
            "evnt: call_placed, email",
            r"step 1 .*: must succeed, was error {'code': 'invalid_payload'",
        ),
        ("tool: ingest", "tool: forget", r"step 1 .*: must succeed, was protocolError .*Unknown"),
        ("$jane.email, idem", "$joan.email, idem", r"step 1 .*: \$joan.email: there is no joan"),
        ("by new.}", "by email.}", "reply: expected 'Recorded by email.', was 'Recorded by new.'"),
        ("by $call.resolved.", "as $call.event.", r"reply: \$call.event: there is no event"),
        (
            "rows: [[call_placed]]",
            "rows: [[call_missed]]",
            r"graph \(Jane has one call\): rows.0.0: expected 'call_missed', was 'call_placed'",
        ),
        ("rows: [[call_placed]]", "rows: []", r"graph .*: rows: expected 0 items, was 1"),
    ],
)
def test_a_wrong_expectation_fails_with_its_step_and_value(replay, right, wrong, message):
    assert right in TASK

    with pytest.raises(TaskFailed, match=f"(?s)^{message}"):
        replay(transcripts.read(TASK.replace(right, wrong)))


def test_an_reply_must_not_take_its_expected_text_from_the_results(replay):
    circular = TASK.replace("expected: Recorded by new", "expected: Recorded by $call.resolved")

    with pytest.raises(TaskFailed, match=r"reply: \$call.resolved: there is no call in jane"):
        replay(transcripts.read(circular))


def test_a_lost_response_has_no_result_for_the_agent(replay):
    lost = TASK.replace("result: {resolved: new}", "fault: response lost")

    with pytest.raises(TaskFailed, match=r"reply: \$call.resolved"):
        replay(transcripts.read(lost))


CALL = "tool: ingest_event, arguments: {event: a, email: $jane.email"


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([f"{CALL}}}"], "a write must have an idempotencyKey"),
        (
            [
                f"{CALL}, idempotencyKey: a}}, fault: response lost",
                f"{CALL}, idempotencyKey: b}}",
            ],
            "step 2 .*: must repeat the call of which the outcome is unknown",
        ),
        (
            [f"{CALL}, emial: x}}, error: {{code: invalid_payload}}"] * 2,
            "step 2 .*: must not repeat a call after invalid_payload",
        ),
        (
            [
                f"{CALL}, idempotencyKey: a}}",
                f"{CALL}, idempotencyKey: a, properties: {{x: 1}}}}, "
                "error: {code: idempotency_conflict}",
                f"{CALL}, idempotencyKey: a}}",
            ],
            "step 3 .*: must use another idempotencyKey after idempotency_conflict",
        ),
        (
            [
                f"{CALL}, idempotencyKey: a-$n}}, repeat: 20",
                f"{CALL}, idempotencyKey: a}}, error: {{code: rate_limited}}",
                "wait: 1",
                f"{CALL}, idempotencyKey: a}}, error: {{code: rate_limited}}",
            ],
            r"step 4 .*: must wait \d+ s after the error, waited 1.0 s",
        ),
        (
            [
                "operator: POST /v1/suppressions, "
                'arguments: {identifiers: ["email:$jane.email"], reason: test}',
                f"{CALL}, phone: $jane.phone, idempotencyKey: a}}, error: {{code: suppressed}}",
                "tool: ingest_event, arguments: "
                "{event: a, phone: $jane.phone, externalId: $jane.externalId, idempotencyKey: a}",
            ],
            "step 3 .*: a write must not have an identifier of a suppressed event",
        ),
        (
            [
                f"as: known, {CALL}, externalId: $jane.externalId, idempotencyKey: a}}",
                "tool: detach_identifier, arguments: {customer: $known.customerId, "
                "externalId: $jane.externalId, reason: test}",
            ],
            "step 2 .*: detach_identifier must follow preview_move of the same change",
        ),
    ],
)
def test_an_agent_that_breaks_a_rule_fails_the_task(replay, steps, message):
    head, _, rest = TASK.partition("steps:\n")
    head += "scopes: [events:write, context:read, identity:write]\n"
    tail = rest[rest.index("graph:") :]
    listed = "".join(f"  - {{{step}}}\n" for step in steps)

    with pytest.raises(TaskFailed, match=message):
        replay(transcripts.read(f"{head}steps:\n{listed}{tail}"))


def test_the_tasks_use_everything_that_agents_are_offered():
    steps = [
        step for file in transcripts.files() for step in transcripts.read(file.read_text()).steps
    ]
    used = {name for step in steps for name in (step.tool, step.prompt)}
    uris = [step.resource for step in steps if step.resource]
    for resource in RESOURCES:
        template = UriTemplate.parse(resource)
        if any(template.match(uri) is not None for uri in uris):
            used.add(resource)

    assert {*TOOLS, *PROMPTS, *RESOURCES} - used == set()


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ("result:", "results:", "unknown field `results`"),
        ("tool: ingest_event", "note: x", "unknown field `note`"),
        ("    tool: ingest_event\n", "", "step 1 must have one of tool, resource"),
        ("as: call\n", "as: call\n    wait: 1\n", "step 1 must have one of tool, resource"),
        ("as: call", "as: jane", "one person or one step"),
        ("MATCH", "WITH", "must read the graph"),
        ("resolved: new", 'resolved: !contains ""', "must have a text"),
        ("resolved: new", "resolved: !like new", "could not determine a constructor"),
        ("steps:", "steps: []\nmore:", "unknown field `more`"),
    ],
)
def test_a_transcript_that_would_check_nothing_is_invalid(right, wrong, message):
    assert right in TASK

    with pytest.raises(InvalidTranscript, match=message):
        transcripts.read(TASK.replace(right, wrong))
