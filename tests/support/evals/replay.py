"""The replay: performs a transcript on a service, and compares results with the expected ones."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from app.access.memory_window import WINDOW_SECONDS
from tests.support import http_client
from tests.support.evals import agent, outcomes, people, references
from tests.support.evals.agent import Agent
from tests.support.evals.conduct import Call, Conduct
from tests.support.evals.expectations import differences
from tests.support.evals.outcomes import Outcome
from tests.support.evals.service import Service
from tests.support.evals.transcripts import GraphCheck, Step, Transcript

MAX_WAIT_SECONDS = 20  # for a result that may take a second

Cypher = Callable[..., list[dict[str, Any]]]


class TaskFailed(AssertionError):
    """A step, the reply or the graph differs from the transcript."""


class Environment(Struct):
    """Where a task runs: a service, API keys of the agent and of the operator, and the graph."""

    service: Service
    key: str
    operator_key: str
    cypher: Cypher


class Replay:
    """One run of a transcript."""

    def __init__(self, transcript: Transcript, environment: Environment) -> None:
        self._transcript = transcript
        self._environment = environment
        self._people = {name: people.made_up(name) for name in transcript.people}
        # The names that references and Cypher may use.
        self._values: dict[str, Any] = {
            **self._people,
            "task": {"startedAt": datetime.now(UTC).isoformat()},
        }
        self._conduct = Conduct()

    async def run(self) -> None:
        """Performs the steps in their order, then checks the reply and the graph.

        Raises TaskFailed at the first difference.
        """
        environment = self._environment
        async with agent.connected(environment.service.address, environment.key) as client:
            failure = await self._perform_all(client)
        environment.service.set_outage(is_on=False)
        if failure is not None:
            raise failure
        self._check_reply()
        for check in self._transcript.graph:
            self._check_graph(check)

    async def _perform_all(self, client: Agent) -> TaskFailed | None:
        """Returns the first failure: the connection would wrap it in a group."""
        for number, step in enumerate(self._transcript.steps, 1):
            try:
                await self._perform(client, step)
            except (TaskFailed, references.UnknownReference) as error:
                return TaskFailed(f"step {number} ({step}): {error}")
        return None

    async def _perform(self, client: Agent, step: Step) -> None:
        for number in range(1, step.repeat + 1):
            self._values["n"] = number
            outcome = await self._expect(client, step)
            if step.as_:
                self._values[step.as_] = outcome.value

    async def _expect(self, client: Agent, step: Step) -> Outcome:
        """Returns the outcome of a call, which must be the expected one."""
        deadline = time.monotonic() + MAX_WAIT_SECONDS
        while True:
            expected = references.resolve(outcomes.expected(step), self._values)
            outcome, arguments = await self._call(client, step)
            found = outcomes.differences_of(expected, outcome)
            if step.fault and not outcome.is_lost:
                found.append("must be lost")
            if step.action == "tool" and not step.fault:
                found += client.inconsistencies(step.tool, arguments, outcome)
            if not found:
                found += self._violations(step, arguments, outcome)
            if not found:
                return outcome
            if not step.eventually or time.monotonic() > deadline:
                raise TaskFailed("; ".join(found))
            await asyncio.sleep(0.1)
            self._environment.service.clock.advance(WINDOW_SECONDS)  # it may reach the rate limit

    async def _call(self, client: Agent, step: Step) -> tuple[Outcome, dict[str, Any]]:
        name = references.resolve(getattr(step, step.action), self._values)
        arguments = references.resolve(step.arguments, self._values)
        if step.action == "wait":
            self._environment.service.clock.advance(name)
            return Outcome(), {}
        if step.action == "outage":
            self._environment.service.set_outage(is_on=name == "begins")
            return Outcome(), {}
        if step.action == "operator":
            return await self._operate(name, arguments), arguments
        if step.fault:
            call = step.action, name, arguments
            service, key = self._environment.service, self._environment.key
            lost = await agent.perform_without_result(service.address, key, call, step.fault)
            return lost, arguments
        return await client.perform(step.action, name, arguments), arguments

    def _violations(self, step: Step, arguments: dict[str, Any], outcome: Outcome) -> list[str]:
        """Returns the rules for agents that a step breaks."""
        if step.action == "operator":
            self._conduct.allow()
        elif step.action == "wait":
            self._conduct.wait(references.resolve(step.wait, self._values))
        elif step.action != "outage":
            name = references.resolve(getattr(step, step.action), self._values)
            return list(self._conduct.violations(Call(step.action, name, arguments, outcome)))
        return []

    async def _operate(self, name: str, body: dict[str, Any]) -> Outcome:
        """Calls a route of the HTTP API with the API key of the operator."""
        method, path = name.split()
        headers = {"X-API-Key": self._environment.operator_key}
        async with http_client.AsyncClient(
            base_url=self._environment.service.address, headers=headers
        ) as client:
            response = await client.request(method, path, json=body or None)
        value = response.json()
        return Outcome(value, error=value.get("error"))

    def _check_reply(self) -> None:
        reply = self._transcript.reply
        if reply is None:
            return
        try:
            said = references.resolve(reply.says, self._values)
            # It names no result, so that it is the same in every run.
            expected = references.resolve(reply.expected, self._people)
        except references.UnknownReference as error:
            raise TaskFailed(f"reply: {error}") from None
        if said != expected:
            raise TaskFailed(f"reply: expected {expected!r}, was {said!r}")

    def _check_graph(self, check: GraphCheck) -> None:
        rows = self._environment.cypher(check.cypher, **self._values)
        actual = [list(row.values()) for row in rows]
        expected = references.resolve(check.rows, self._values)
        found = list(differences(expected, actual, "rows"))
        if found:
            raise TaskFailed(f"graph ({check.fact}): {'; '.join(found)}")
