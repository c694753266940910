"""The mapping of the calls of tracking SDKs to events."""

import json

import pytest
from msgspec import Raw

from app.domain.blocklist import Blocklist
from app.errors import InvalidPayload
from app.segment.calls import EVENT_NAMES
from app.segment.mapping import NO_ENVELOPE, Envelope, map_call

blocklist = Blocklist()


def mapped(envelope=NO_ENVELOPE, **call):
    return map_call(Raw(json.dumps({"type": "track", "event": "Bought"} | call)), envelope)


def event(envelope=NO_ENVELOPE, **call):
    """The event of a call with a user, which must be valid."""
    checked = mapped(envelope, **{"userId": "u"} | call).check(blocklist)
    assert not isinstance(checked, InvalidPayload), checked.details
    return checked


def identifiers(envelope=NO_ENVELOPE, **call):
    return [str(identifier) for identifier in event(envelope, **call).identifiers]


def properties(envelope=NO_ENVELOPE, **call):
    return json.loads(event(envelope, **call).properties)


def errors(envelope=NO_ENVELOPE, **call):
    checked = mapped(envelope, **call).check(blocklist)
    assert isinstance(checked, InvalidPayload)
    return [(detail.path, detail.message) for detail in checked.details]


def paths(**call):
    return [path for path, _ in errors(**call)]


def warnings(**call):
    return [(warning.path, warning.code) for warning in mapped(**call).warnings]


@pytest.mark.parametrize("kind", EVENT_NAMES)
def test_each_kind_of_call_is_one_event(kind):
    assert event(type=kind).event == EVENT_NAMES[kind] or "Bought"


def test_the_path_of_a_request_gives_the_kind_of_its_call():
    assert event(Envelope(kind="page"), type=None).event == "page_viewed"
    assert event(Envelope(kind="page"), type="identify").event == "page_viewed"


def test_a_null_member_counts_as_absent():
    """Python's SDKs send both IDs, and null for the one that is not used."""
    assert identifiers(userId="u", anonymousId=None) == ["externalId:u"]
    assert identifiers(userId=None, anonymousId="a") == ["anonymousId:a"]


def test_both_ids_identify():
    assert identifiers(anonymousId="a") == ["externalId:u", "anonymousId:a"]


@pytest.mark.parametrize("number", [42, -42])
def test_an_integer_is_the_text_of_an_id(number):
    assert identifiers(userId=number) == [f"externalId:{number}"]


@pytest.mark.parametrize("value", [{}, [], True, 1.5])
def test_any_other_value_is_no_id(value):
    assert paths(userId=value) == ["userId"]


def test_the_traits_of_an_identify_call_identify():
    traits = {"email": "Jane@Acme.com", "phone": "(415) 555-2671"}

    assert identifiers(type="identify", traits=traits) == [
        "email:jane@acme.com",
        "phone:+14155552671",
        "externalId:u",
    ]


def test_a_phone_may_be_a_number():
    assert "phone:+14155552671" in identifiers(type="identify", traits={"phone": 4155552671})


@pytest.mark.parametrize("kind", EVENT_NAMES)
def test_the_traits_in_the_context_of_any_call_identify(kind):
    context = {"traits": {"email": "jane@acme.com"}}

    assert identifiers(type=kind, context=context) == ["email:jane@acme.com", "externalId:u"]


def test_the_traits_of_the_call_come_before_those_of_the_context():
    context = {"traits": {"email": "old@acme.com", "phone": "+14155552671"}}

    assert identifiers(traits={"email": "new@acme.com"}, context=context) == [
        "email:new@acme.com",
        "phone:+14155552671",
        "externalId:u",
    ]


def test_the_traits_of_a_group_are_not_identifiers():
    traits = {"email": "info@acme.com", "phone": "+14155552671"}

    assert identifiers(type="group", groupId="g", traits=traits) == ["externalId:u"]


def test_the_properties_of_a_call_are_not_identifiers():
    assert identifiers(properties={"email": "jane@acme.com"}) == ["externalId:u"]


def test_the_previous_id_of_an_alias_is_that_of_a_visitor():
    assert identifiers(type="alias", previousId="a") == ["externalId:u", "anonymousId:a"]
    assert properties(type="alias", previousId="a") == {"previousId": "a"}


def test_an_alias_names_the_member_of_an_invalid_previous_id():
    assert paths(type="alias", userId="u", previousId="x" * 300) == ["previousId"]


@pytest.mark.parametrize("member", ["email", "phone"])
@pytest.mark.parametrize("value", ["nobody", 7, True, {"a": 1}])
def test_a_malformed_trait_is_left_out_with_a_warning(member, value):
    call = {"type": "identify", "userId": "u", "traits": {member: value}}

    assert identifiers(**call) == ["externalId:u"]
    assert warnings(**call) == [(f"traits.{member}", "invalid_identifier")]
    assert properties(**call) == {member: value}


def test_a_malformed_email_is_left_out_if_a_phone_is_there():
    traits = {"email": "nobody", "phone": "+14155552671"}

    assert identifiers(type="identify", userId=None, traits=traits) == ["phone:+14155552671"]


@pytest.mark.parametrize("value", ["nobody", True])
def test_a_malformed_email_alone_rejects_the_call(value):
    assert paths(type="identify", context={"traits": {"email": value}}) == ["context.traits.email"]


@pytest.mark.parametrize("value", [None, "", " "])
def test_an_empty_trait_counts_as_absent(value):
    call = {"type": "identify", "userId": "u", "traits": {"email": value}}

    assert identifiers(**call) == ["externalId:u"]
    assert warnings(**call) == []


def test_a_call_without_any_id_is_rejected():
    assert errors() == [
        ("", "must have a userId, an anonymousId, or traits with an email or a phone")
    ]


def test_a_blocked_id_is_ignored():
    assert identifiers(userId="null", anonymousId="a") == ["anonymousId:a"]


def test_the_id_of_a_message_is_the_idempotency_key():
    assert event(messageId="m-1").idempotency_key == "m-1"


def test_a_message_needs_no_id():
    assert event().idempotency_key is None


@pytest.mark.parametrize("value", [{}, "x" * 256, "a\u0000b"])
def test_a_malformed_message_id_is_named(value):
    assert paths(userId="u", messageId=value) == ["messageId"]


@pytest.mark.parametrize("name", [None, "", " "])
def test_a_track_call_needs_an_event_name(name):
    assert paths(userId="u", event=name) == ["event"]


@pytest.mark.parametrize("kind", [None, "", "Track", "order", 7])
def test_an_unknown_kind_is_named_alone(kind):
    assert paths(type=kind, event=None, timestamp="now") == ["type"]


@pytest.mark.parametrize("call", ["1", "[]", '"track"', "null"])
def test_a_call_must_be_an_object(call):
    checked = map_call(Raw(call.encode())).check(blocklist)

    assert isinstance(checked, InvalidPayload)
    assert [(error.path, error.message) for error in checked.details] == [("", "must be an object")]


def test_bytes_that_are_not_utf_8_are_an_error_of_the_call():
    call = map_call(Raw(b'{"type": "track", "event": "\xff", "userId": "u"}'))

    assert isinstance(call.check(blocklist), InvalidPayload)


@pytest.mark.parametrize(
    "text",
    [
        "2026-04-29T10:14:32.123Z",
        "2026-04-29T10:14:32.123456+02:00",
        "2026-04-29T10:14:32+00:00",
    ],
)
def test_the_timestamp_is_stored_as_sent(text):
    assert event(timestamp=text).timestamp == text
    assert event(originalTimestamp=text).timestamp == text
    assert event(timestamp=text, originalTimestamp="2020-01-01T00:00:00Z").timestamp == text


def test_a_malformed_timestamp_is_named_as_the_call_names_it():
    assert paths(userId="u", timestamp="yesterday") == ["timestamp"]
    assert paths(userId="u", timestamp=1714385672) == ["timestamp"]
    assert paths(userId="u", originalTimestamp="yesterday") == ["originalTimestamp"]


def test_an_unpaired_surrogate_is_replaced():
    assert properties(properties={"title": "\ud83d", "n": 1.50}) == {"title": "\ufffd", "n": 1.5}


def test_the_properties_are_the_text_that_was_sent():
    text = '{ "total":27.50,\n "total": 1e30, "né": "\\u0041" }'
    call = f'{{"type": "track", "event": "x", "userId": "u", "properties": {text}}}'

    checked = map_call(Raw(call.encode())).check(blocklist)

    assert not isinstance(checked, InvalidPayload)
    assert checked.properties == text


def test_the_context_is_stored_in_the_properties_as_sent():
    call = (
        '{"type": "track", "event": "x", "userId": "u", "properties": { "a": 1.50 },'
        ' "context": { "ip": "::1", "n": 1.0 }}'
    )

    checked = map_call(Raw(call.encode())).check(blocklist)

    assert not isinstance(checked, InvalidPayload)
    assert checked.properties == '{"a": 1.50,"context":{ "ip": "::1", "n": 1.0 }}'


def test_the_values_of_the_context_can_be_queried():
    values = event(context={"campaign": {"source": "ad"}}).values

    assert values == {"context.campaign.source": "ad"}


@pytest.mark.parametrize("context", [None, {}])
def test_an_empty_context_adds_nothing(context):
    assert event(context=context).properties == "{}"


@pytest.mark.parametrize("context", ["x", [], 7])
def test_a_context_that_is_no_object_is_named(context):
    assert paths(userId="u", context=context) == ["context"]


@pytest.mark.parametrize("member", ["traits", "context"])
def test_the_traits_of_an_identify_call_are_its_properties(member):
    """One of RudderStack's SDKs has them in the context alone."""
    traits = {"plan": "pro", "address": {"city": "Rome"}}
    call = {"traits": traits} if member == "traits" else {"context": {"traits": traits}}

    sent = json.loads(event(NO_ENVELOPE, **{"type": "identify"} | call).properties)

    assert {name: sent[name] for name in traits} == traits


def test_a_group_call_has_its_traits_and_its_id():
    assert properties(type="group", groupId="g", traits={"plan": "pro"}) == {
        "plan": "pro",
        "groupId": "g",
    }


@pytest.mark.parametrize("kind", ["page", "screen"])
def test_a_page_has_its_name_and_its_category(kind):
    assert properties(type=kind, name="Home", category=None, properties={"url": "/"}) == {
        "url": "/",
        "name": "Home",
    }


def test_the_browsers_second_name_of_a_page_is_left_out():
    sent = event(type="page", name="Home", properties={"name": "Home"})

    assert sent.properties == '{"name": "Home"}'


@pytest.mark.parametrize("own", ['"context"', '"c\\u006fntext"'])
def test_a_property_called_as_a_member_of_the_call_keeps_its_name(own):
    call = (
        '{"type": "track", "event": "x", "userId": "u",'
        f' "properties": {{{own}: 1, "_context": 2}}, "context": {{"ip": "::1"}}}}'
    )

    checked = map_call(Raw(call.encode())).check(blocklist)

    assert not isinstance(checked, InvalidPayload)
    assert json.loads(checked.properties) == {
        "context": 1,
        "_context": 2,
        "__context": {"ip": "::1"},
    }


@pytest.mark.parametrize(("kind", "member"), [("track", "properties"), ("identify", "traits")])
@pytest.mark.parametrize("value", [[], "x", 7])
def test_properties_that_are_no_object_are_named(kind, member, value):
    assert paths(type=kind, userId="u", **{member: value}, context={"ip": "::1"}) == [member]


def test_the_context_of_a_batch_is_that_of_its_calls():
    envelope = Envelope.of_batch(Raw(b'{"ip": "::1", "app": {"name": "a"}}'), None)

    assert properties(envelope) == {"context": {"ip": "::1", "app": {"name": "a"}}}
    assert properties(envelope, context={"app": {"name": "own"}}) == {
        "context": {"ip": "::1", "app": {"name": "own"}}
    }


def test_what_changes_on_a_retry_is_no_part_of_the_event():
    first = mapped(userId="u", messageId="m", sentAt="2026-04-29T10:14:32Z")
    again = mapped(
        Envelope(sent_at=(1777460400, 0)),
        userId="u",
        messageId="m",
        _metadata={"retryCount": 3},
        integrations={"All": True},
    )

    assert again.sent == first.sent


def test_all_errors_of_a_call_are_named():
    assert paths(type="track", event=7, timestamp="now", userId={}, properties=[]) == [
        "event",
        "userId",
        "timestamp",
        "properties",
    ]
