"""What the OpenAPI document allows and forbids, tried on every route by schemathesis."""

import copy
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from app.access import api_keys
from tests.support.openapi import DOCUMENT, OPERATIONS

LENIENT = "handling=lenient"
ENCODING = {"$ref": "#/components/parameters/Content-Encoding"}


def document():
    """The document, less the one header that schemathesis sends without doing what it says."""
    document = copy.deepcopy(DOCUMENT)
    for operations in document["paths"].values():
        for operation in operations.values():
            parameters = operation["parameters"]
            operation["parameters"] = [
                parameter for parameter in parameters if parameter != ENCODING
            ]
    return document


def is_sent_whole(case, address):
    """Whether each parameter of the query is in the URL, which an empty list, say, is not."""
    sent = requests.Request(**case.as_transport_kwargs(base_url=address)).prepare()
    names = dict(parse_qsl(str(urlsplit(sent.url).query), keep_blank_values=True))
    return names.keys() >= (case.query or {}).keys()


schema = schemathesis.openapi.from_dict(document())

bounded = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.filter_too_much],
)


@pytest.fixture(scope="module")
def key(make_key):
    return make_key(*api_keys.SCOPES)


@pytest.fixture(scope="module")
def customer(client):
    """Somebody to read of."""
    event = {"event": "x", "email": "jane@acme.com"}
    return client.post("/v1/events", json=event).json()["customerId"]


def of_route(operation_id):
    """A test of one route, with a name of its own: by that, processes share the tests out."""

    @schema.include(operation_id=operation_id).parametrize()
    @bounded
    def test(case, address, key):
        excluded = [positive_data_acceptance]  # what is well-formed may still name nothing real
        if (case.headers or {}).get("Prefer") == LENIENT:
            excluded.append(negative_data_rejection)  # each bad event has its error, in a 200
        if not is_sent_whole(case, address):
            excluded.append(negative_data_rejection)  # what is wrong with it never arrives
        case.call_and_validate(
            base_url=address, headers={"X-API-Key": key}, excluded_checks=excluded
        )

    return test


for operation in OPERATIONS:
    globals()[f"test_{operation.id}_does_what_its_document_says"] = of_route(operation.id)


@schema.include(path_regex="timeline").parametrize()
@bounded
def test_the_timeline_of_a_customer_matches_the_document(case, address, key, customer):
    case.path_parameters = {"id": customer}

    response = case.call(base_url=address, headers={"X-API-Key": key})

    case.operation.validate_response(response)
