"""Senders: concurrent callers that repeat a message until they have a response."""

import asyncio
import random
import time

import httpx2

from tests.support import http_client
from tests.support.faults.ledger import Response
from tests.support.faults.traffic import Traffic
from tests.support.faults.waiting import until

HANG = 25  # seconds after which a response counts as missing
PATIENCE = 120  # seconds for what is left at the end
REPLAYS = 60


class Senders:
    """`count` senders to services at `addresses`, from `async with` on until its end.

    At the end each repeats its messages without a response, and then some with one. `pause` is the
    longest time between two messages of a sender; the patient ones honour Retry-After.
    """

    def __init__(self, addresses, api_key, ledger, seed, *, count=24, pause=0.1, is_patient=True):
        self._urls = [f"{address}/v1/events" for address in addresses]
        self._api_key = api_key
        self._ledger = ledger
        self._seed = seed
        self._count = count
        self._pause = pause
        self._is_patient = is_patient
        self._is_over = asyncio.Event()
        self._tasks = []

    async def __aenter__(self):
        self._client = http_client.AsyncClient(
            headers={"X-API-Key": self._api_key},
            timeout=httpx2.Timeout(HANG),
            limits=httpx2.Limits(max_connections=None),
            trust_env=False,
        )
        self._tasks = [asyncio.create_task(self._send(number)) for number in range(self._count)]
        return self

    async def __aexit__(self, failure, *_):
        self._is_over.set()
        if failure:
            for task in self._tasks:
                task.cancel()
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.gather(*self._tasks, return_exceptions=failure is not None)
                if not failure:
                    await self._replay()
        finally:
            await self._client.aclose()

    async def acknowledged(self, more, seconds=60):
        """Waits until so many more events are acknowledged. Raises TimeoutError."""
        goal = self._ledger.count + more
        await until(lambda: self._check() and self._ledger.count >= goal, seconds)

    async def recovered(self, since, seconds=60):
        """The seconds from a time to the first successful response. Raises TimeoutError."""
        at = await until(lambda: self._check() and self._ledger.recovered_at(since), seconds)
        return at - since

    def _check(self):
        for task in self._tasks:
            if task.done():
                task.result()  # an error in a sender is not to be waited for
        assert not self._ledger.faults, self._ledger.faults[:5]
        return True

    async def _send(self, number):
        rng = random.Random(f"{self._seed}-{number}")
        traffic = Traffic(self._ledger.run, number, rng)
        backlog = []
        while backlog or not self._is_over.is_set():
            message = backlog.pop() if backlog else traffic.message()
            twins = 2 if message.is_repeatable and rng.random() < 0.1 else 1
            responses = await asyncio.gather(*(self.post(message, rng) for _ in range(twins)))
            if any(responses):
                traffic.known_customers = [responses[0][0]["customerId"]] if responses[0] else []
            elif message.is_repeatable:
                backlog = traffic.regrouped([*backlog, message])
            await asyncio.sleep(rng.uniform(0, self._pause))

    async def post(self, message, rng):
        """Sends a message once: its results, or None if it must be retried."""
        is_replay = self._ledger.knows(message)
        self._ledger.send(message)
        response = await self._call(message, rng.choice(self._urls))
        if response and response.status_code == 200:
            if is_replay and response.headers.get("Idempotency-Replayed") != "true":
                self._ledger.faults.append(f"a replay is not called one: {response.text[:300]}")
            return self._acknowledge(message, response)
        wait = self._refused(response) if response else rng.uniform(0, 0.2)
        if not message.is_repeatable:
            self._ledger.give_up(message)
        await asyncio.sleep(wait if self._is_patient else min(wait, 0.05))
        return None

    async def _call(self, message, url):
        began, response = time.monotonic(), None
        headers = {"Idempotency-Key": message.key} if message.key else {}
        try:
            response = await self._client.post(url, json=message.body, headers=headers)
        except httpx2.TimeoutException as error:
            self._ledger.faults.append(f"no response in {HANG} s: {error!r}")
        except httpx2.TransportError:
            pass  # it was cut off
        now = time.monotonic()
        status = response.status_code if response else 0
        self._ledger.responses.append(Response(now, now - began, status))
        return response

    async def insist(self, message, rng):
        """Sends a message until it has its results. Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            while await self.post(message, rng) is None:
                self._check()

    def _acknowledge(self, message, response):
        content = response.json()
        results = content["results"] if message.is_batch else [content]
        if message.is_batch and content["accepted"] != len(message.events):
            self._ledger.faults.append(f"accepted {content['accepted']} of {len(message.events)}")
        self._ledger.acknowledge(message, results)
        return results

    def _refused(self, response):
        """The seconds to wait. Every other response than a 503 with `Retry-After` is a fault."""
        seconds = response.headers.get("Retry-After", "")
        if response.status_code == 503 and seconds.isdigit() and int(seconds):
            return int(seconds)
        self._ledger.faults.append(f"{response.status_code}, {seconds!r}: {response.text[:300]}")
        return 1

    async def _replay(self):
        rng = random.Random(f"{self._seed}-replay")
        known = [message for message, _ in self._ledger.acknowledged if message.is_repeatable]
        again = rng.sample(known, min(REPLAYS, len(known)))
        for message in Traffic(self._ledger.run, "replay", rng).regrouped(again):
            await self.insist(message, rng)
