"""Observers learn of every request with events, after its commit or rejection."""

import contextlib
import json

from app.domain.suppression_errors import Suppressed
from app.errors import RateLimited
from app.ingest import payload
from app.ingest.observer import Observation, ObservedRequest, Sender
from app.ingest.results import IngestResult


class Recorder:
    """Keeps the requests that it is notified of."""

    def __init__(self):
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)


def observed(body, error, notify=None):
    """The request of a body that was rejected with an error."""
    recorder = Recorder()
    observers = [notify, recorder] if notify else [recorder]
    with (
        contextlib.suppress(type(error)),
        Observation(observers, ObservedRequest(Sender("http"))) as request,
    ):
        request.raw = json.dumps(body).encode()
        request.payload = payload.decode(request.raw)
        raise error
    return recorder.requests


def outcomes(request):
    return [event.outcome for event in request.events()]


def test_the_events_of_a_request_that_is_rejected_whole_are_rejected():
    body = {"events": [{"event": "a", "email": "a@x.com"}, {"event": "b", "phone": "1"}]}

    (request,) = observed(body, RateLimited(1, 2))

    assert outcomes(request) == ["rejected", "rejected"]


def test_a_rejected_event_has_its_identifiers_as_sent():
    (request,) = observed({"event": "a", "email": " Jane@X.com "}, RateLimited(1, 2))

    assert [event.identifiers for event in request.events()] == [["email: Jane@X.com "]]


def test_a_valid_event_of_a_rejected_batch_is_withdrawn():
    body = {"events": [{"event": "a", "email": "a@x.com"}, {"event": "b"}]}
    error = payload.request_error([payload.FieldError("events[1].email", "must be present")])

    (request,) = observed(body, error)

    assert outcomes(request) == ["withdrawn", "rejected"]


def test_a_field_error_has_the_path_in_its_event():
    body = {"events": [{"event": "a", "email": "a@x.com"}, {"event": "b"}]}
    errors = [payload.FieldError("events[1].email", "x"), payload.FieldError("events[1]", "y")]

    (request,) = observed(body, payload.request_error(errors))

    details = [event.error.details for event in request.events() if event.outcome == "rejected"]
    assert [[detail.path for detail in each] for each in details] == [["email", ""]]


def test_a_suppressed_event_has_no_identifiers_and_no_body():
    body = {"event": "a", "email": "jane@x.com", "customer": "cus_1"}

    (request,) = observed(body, Suppressed(details=[payload.FieldError("email", "x")]))

    (event,) = request.events()
    assert (event.event, event.identifiers, event.customer) == ("a", (), None)
    assert request.body(0) == b"{}"


def test_only_the_suppressed_event_of_a_batch_has_no_body():
    body = {"events": [{"event": "a", "email": "a@x.com"}, {"event": "b", "email": "b@x.com"}]}

    (request,) = observed(body, Suppressed(details=[payload.FieldError("events[1].email", "x")]))

    assert outcomes(request) == ["withdrawn", "rejected"]
    assert [json.loads(request.body(position)) for position in (0, 1)] == [body["events"][0], {}]


def test_an_event_is_given_as_sent():
    body = {"event": "a", "email": "A@x.com", "properties": {"n": 1}}

    (request,) = observed(body, RateLimited(1, 2))

    assert json.loads(request.body(0)) == body


def test_an_event_with_a_field_of_the_wrong_type_is_given_as_sent():
    body = {"event": "a", "email": 42, "unknown": "x"}

    (request,) = observed(body, RateLimited(1, 2))

    assert json.loads(request.body(0)) == body


def test_a_body_that_is_not_json_is_given_as_text():
    request = ObservedRequest(Sender("http"), raw=b'{"event": \xff')

    assert json.loads(request.body(0)) == '{"event": �'


def test_a_failing_observer_stops_no_other():
    def fail(_):
        raise ZeroDivisionError

    assert len(observed({"event": "a"}, RateLimited(1, 2), fail)) == 1


def test_an_abandoned_request_notifies_no_observer():
    recorder = Recorder()

    with Observation([recorder], ObservedRequest(Sender("http"))) as request:
        request.is_abandoned = True

    assert recorder.requests == []


def test_a_request_of_which_a_part_is_rejected_is_rejected():
    request = ObservedRequest(Sender("http"), result=IngestResult([RateLimited(1, 2)], False, 0))

    assert request.is_rejected


def test_observers_learn_nothing_of_a_dry_run():
    recorder = Recorder()

    with Observation([recorder], ObservedRequest(Sender("http"))) as request:
        request.is_dry_run = True

    assert recorder.requests == []
